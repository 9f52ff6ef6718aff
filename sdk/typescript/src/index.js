// pyro for JavaScript and TypeScript: disposable Linux machines in which commands, files and shells persist.

export * from './errors.js';
export { OutputStream, Pyro, Service, Shell, Workspace } from './objects.js';
export { VERSION } from './version.js';
