// Made by generate.py from `pyro api --describe`: change nothing here.

/** A method for each command; the result is the object that `--json` prints, its names in camelCase. */
export class Calls {
  doctor(options) {
    return this.call('doctor', { ...options });
  }

  buildEnv(name, from, command, options) {
    return this.call('env build', { name, from, command, ...options });
  }

  exportEnv(environment, output, options) {
    return this.call('env export', { environment, output, ...options });
  }

  importEnv(name, file, options) {
    return this.call('env import', { name, file, ...options });
  }

  inspectEnvironment(environment, options) {
    return this.call('env inspect', { environment, ...options });
  }

  listEnvironments(options) {
    return this.call('env list', { ...options });
  }

  pruneEnvironments(options) {
    return this.call('env prune', { ...options });
  }

  pullEnvironment(environment, options) {
    return this.call('env pull', { environment, ...options });
  }

  pushEnv(environment, reference, options) {
    return this.call('env push', { environment, reference, ...options });
  }

  removeEnv(environment, options) {
    return this.call('env remove', { environment, ...options });
  }

  render(options) {
    return this.call('render', { ...options });
  }

  runInVm(environment, command, options) {
    return this.call('run', { environment, command, ...options });
  }

  watchWorkspaces(options) {
    return this.call('watch', { ...options });
  }

  killCommand(workspaceId, sequence, options) {
    return this.call('workspace command kill', { workspaceId, sequence, ...options });
  }

  listCommand(workspaceId, options) {
    return this.call('workspace command list', { workspaceId, ...options });
  }

  readCommand(workspaceId, sequence, options) {
    return this.call('workspace command read', { workspaceId, sequence, ...options });
  }

  waitCommand(workspaceId, sequence, options) {
    return this.call('workspace command wait', { workspaceId, sequence, ...options });
  }

  commitWorkspace(workspaceId, name, options) {
    return this.call('workspace commit', { workspaceId, name, ...options });
  }

  createWorkspace(environment, options) {
    return this.call('workspace create', { environment, ...options });
  }

  deleteWorkspace(workspaceId, options) {
    return this.call('workspace delete', { workspaceId, ...options });
  }

  diffWorkspace(workspaceId, options) {
    return this.call('workspace diff', { workspaceId, ...options });
  }

  exportWorkspaceDisk(workspaceId, output, options) {
    return this.call('workspace disk export', { workspaceId, output, ...options });
  }

  listWorkspaceDisk(workspaceId, options) {
    return this.call('workspace disk list', { workspaceId, ...options });
  }

  readWorkspaceDisk(workspaceId, path, options) {
    return this.call('workspace disk read', { workspaceId, path, ...options });
  }

  execWorkspace(workspaceId, command, options) {
    return this.call('workspace exec', { workspaceId, command, ...options });
  }

  exportWorkspace(workspaceId, path, output, options) {
    return this.call('workspace export', { workspaceId, path, output, ...options });
  }

  listWorkspaceFiles(workspaceId, options) {
    return this.call('workspace file list', { workspaceId, ...options });
  }

  readWorkspaceFile(workspaceId, path, options) {
    return this.call('workspace file read', { workspaceId, path, ...options });
  }

  writeWorkspaceFile(workspaceId, path, options) {
    return this.call('workspace file write', { workspaceId, path, ...options });
  }

  forkWorkspace(workspaceId, options) {
    return this.call('workspace fork', { workspaceId, ...options });
  }

  holdWorkspace(workspaceId, options) {
    return this.call('workspace hold', { workspaceId, ...options });
  }

  listWorkspaces(options) {
    return this.call('workspace list', { ...options });
  }

  logsWorkspace(workspaceId, options) {
    return this.call('workspace logs', { workspaceId, ...options });
  }

  applyWorkspacePatch(workspaceId, options) {
    return this.call('workspace patch apply', { workspaceId, ...options });
  }

  resetWorkspace(workspaceId, options) {
    return this.call('workspace reset', { workspaceId, ...options });
  }

  listServices(workspaceId, options) {
    return this.call('workspace service list', { workspaceId, ...options });
  }

  logsService(workspaceId, serviceName, options) {
    return this.call('workspace service logs', { workspaceId, serviceName, ...options });
  }

  startService(workspaceId, serviceName, command, options) {
    return this.call('workspace service start', { workspaceId, serviceName, command, ...options });
  }

  statusService(workspaceId, serviceName, options) {
    return this.call('workspace service status', { workspaceId, serviceName, ...options });
  }

  stopService(workspaceId, serviceName, options) {
    return this.call('workspace service stop', { workspaceId, serviceName, ...options });
  }

  closeShell(workspaceId, shellId, options) {
    return this.call('workspace shell close', { workspaceId, shellId, ...options });
  }

  listShells(workspaceId, options) {
    return this.call('workspace shell list', { workspaceId, ...options });
  }

  openShell(workspaceId, options) {
    return this.call('workspace shell open', { workspaceId, ...options });
  }

  readShell(workspaceId, shellId, options) {
    return this.call('workspace shell read', { workspaceId, shellId, ...options });
  }

  recordShell(workspaceId, shellId, output, options) {
    return this.call('workspace shell record', { workspaceId, shellId, output, ...options });
  }

  resizeShell(workspaceId, shellId, options) {
    return this.call('workspace shell resize', { workspaceId, shellId, ...options });
  }

  signalShell(workspaceId, shellId, options) {
    return this.call('workspace shell signal', { workspaceId, shellId, ...options });
  }

  writeShell(workspaceId, shellId, input, options) {
    return this.call('workspace shell write', { workspaceId, shellId, input, ...options });
  }

  createSnapshot(workspaceId, snapshotName, options) {
    return this.call('workspace snapshot create', { workspaceId, snapshotName, ...options });
  }

  deleteSnapshot(workspaceId, snapshotName, options) {
    return this.call('workspace snapshot delete', { workspaceId, snapshotName, ...options });
  }

  listSnapshots(workspaceId, options) {
    return this.call('workspace snapshot list', { workspaceId, ...options });
  }

  startWorkspace(workspaceId, options) {
    return this.call('workspace start', { workspaceId, ...options });
  }

  statsWorkspace(options) {
    return this.call('workspace stats', { ...options });
  }

  statusWorkspace(workspaceId, options) {
    return this.call('workspace status', { workspaceId, ...options });
  }

  stopWorkspace(workspaceId, options) {
    return this.call('workspace stop', { workspaceId, ...options });
  }

  summarizeWorkspace(workspaceId, options) {
    return this.call('workspace summary', { workspaceId, ...options });
  }

  suspendWorkspace(workspaceId, options) {
    return this.call('workspace suspend', { workspaceId, ...options });
  }

  pushWorkspaceSync(workspaceId, source, options) {
    return this.call('workspace sync push', { workspaceId, source, ...options });
  }

  timelineWorkspace(workspaceId, options) {
    return this.call('workspace timeline', { workspaceId, ...options });
  }

  updateWorkspace(workspaceId, options) {
    return this.call('workspace update', { workspaceId, ...options });
  }

  waitWorkspace(workspaceId, options) {
    return this.call('workspace wait', { workspaceId, ...options });
  }
}
