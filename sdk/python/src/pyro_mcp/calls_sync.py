"""Made by generate.py from `pyro api --describe`: change nothing here."""

from typing import Any, Callable, Dict, Literal, Mapping, Optional, Sequence

from .protocol import given

OnEvent = Optional[Callable[[Mapping[str, Any]], None]]


class Calls:
    """A method for each command; the result is the object that `--json` prints."""

    def call(
        self,
        call: str,
        arguments: Mapping[str, Any],
        *,
        input: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        raise NotImplementedError

    def doctor(
        self,
        *,
        environment: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Find out what this machine can do, by trying it.

        A machine is started and a command run in it. Exit status 1 when that fails, or takes more than a
        minute.

        environment: Start the test machine from this environment; without it, from one that is installed
        """
        return self.call(
            "doctor",
            {
                "environment": environment,
            },
            on_event=on_event,
        )

    def build_env(
        self,
        name: str,
        from_: str,
        command: Optional[Sequence[str]] = None,
        *,
        env: Optional[Mapping[str, str]] = None,
        mem_mib: int = 1024,
        network: bool = False,
        script: Optional[str] = None,
        timeout_seconds: int = 0,
        vcpu_count: int = 1,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Make an environment of another, and of what a command does in it.

        A machine is created, the command runs in it, its disk becomes the environment, and the machine is
        deleted. It runs as root in /workspace; its output comes as it is written, and its exit status
        becomes this command's. Where it fails nothing is left but the file with its output, which is named.
        What belongs to one machine is left out, as by 'pyro workspace commit'. Dockerfiles are not built.

        name: What the environment is called
        from_: The environment that the command runs in
        command: The command and its arguments, each kept as it is; with --script, arguments of the script
        env: An environment variable; without a value, that of this process, if it has one
        mem_mib: Memory, at most the host's
        network: Let it connect out; without this it has no network at all
        script: Run this script of the host, by what its first line names or else sh; -: standard input
        timeout_seconds: Kill the command after this time; 0: never
        vcpu_count: Virtual processors, at most the host's and 32
        """
        return self.call(
            "env build",
            given(
                {
                    "name": name,
                    "from": from_,
                    "command": command,
                    "env": env,
                    "mem_mib": mem_mib,
                    "network": network,
                    "script": script,
                    "timeout_seconds": timeout_seconds,
                    "vcpu_count": vcpu_count,
                },
                {
                    "mem_mib": 1024,
                    "network": False,
                    "timeout_seconds": 0,
                    "vcpu_count": 1,
                },
            ),
            on_event=on_event,
        )

    def export_env(
        self,
        environment: str,
        output: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Write an installed environment as an image in an archive.

        A tar with an OCI image layout, of one layer, with the configuration that the environment's image
        has. 'env import' takes it, and so do skopeo (oci-archive:FILE), podman and docker load.

        environment: The environment, for example debian:12
        output: The archive to make; it must not exist
        """
        return self.call(
            "env export",
            {
                "environment": environment,
                "output": output,
            },
            on_event=on_event,
        )

    def import_env(
        self,
        name: str,
        file: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Make an environment of an archive: of a root file system, or of an image.

        The archive holds a root file system, an OCI image layout, or what 'docker save' writes; it is told
        by what is in it. One machine is started to try it: an environment that does not start is not
        installed.

        name: What the environment is called
        file: A tar archive, plain or compressed by gzip, zstd or xz; -: standard input
        """
        return self.call(
            "env import",
            {
                "name": name,
                "file": file,
            },
            on_event=on_event,
        )

    def inspect_environment(
        self,
        environment: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show an environment: what it holds and where it is.

        environment: The environment, for example debian:12
        """
        return self.call(
            "env inspect",
            {
                "environment": environment,
            },
            on_event=on_event,
        )

    def list_environments(
        self,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List all environments, and which of them are installed."""
        return self.call("env list", {}, on_event=on_event)

    def prune_environments(
        self,
        *,
        dry_run: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Remove environments, layers, kernels and templates that no workspace needs.

        Workspaces keep what their disks are built on. Nothing is asked first: what is removed is pulled or
        built again when it is needed.

        dry_run: Remove nothing; only say what would be removed
        """
        return self.call(
            "env prune",
            given(
                {
                    "dry_run": dry_run,
                },
                {
                    "dry_run": False,
                },
            ),
            on_event=on_event,
        )

    def pull_environment(
        self,
        environment: str,
        *,
        ca_file: Optional[str] = None,
        locked: bool = False,
        source: Optional[Literal["debian-packages", "registry"]] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Install an environment, or check and repair an installed one.

        One of the catalog is built from Debian packages with the host's own package sources, without root
        rights. Where those are of another release of Debian, the same archives are asked for the
        environment's. Where it cannot be built, an image like it is pulled from docker.io. Any other name
        is that of an image in a registry, as docker has it: [HOST[:PORT]/]NAME[:TAG][@DIGEST]. What is
        installed of one is replaced when its tag has moved; workspaces keep what they were made from.

        environment: The environment, for example debian:12
        ca_file: Certificates to trust a registry by as well, in PEM
        locked: Fail if the tag means another image than the one that is installed
        source: Where it is to come from; else the first that can serve it
        """
        return self.call(
            "env pull",
            given(
                {
                    "environment": environment,
                    "ca_file": ca_file,
                    "locked": locked,
                    "source": source,
                },
                {
                    "locked": False,
                },
            ),
            on_event=on_event,
        )

    def push_env(
        self,
        environment: str,
        reference: str,
        *,
        ca_file: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Give an installed environment to a registry, as an image.

        Where its disk is based on an image from a registry, as that of a workspace which was committed can
        be, it has the layers of that image, of which only those are sent that the registry does not have,
        and one more of what changed; else one of all. Logins are those of 'pyro login', docker and podman.
        An upload that is cut is begun again.

        environment: The environment, for example debian:12
        reference: What the image is to be called: [HOST[:PORT]/]NAME[:TAG][@DIGEST]
        ca_file: Certificates to trust the registry by as well, in PEM
        """
        return self.call(
            "env push",
            {
                "environment": environment,
                "reference": reference,
                "ca_file": ca_file,
            },
            on_event=on_event,
        )

    def remove_env(
        self,
        environment: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Remove an installed environment.

        Workspaces keep what their disks are built on, and go on as before.

        environment: The environment, for example debian:12
        """
        return self.call(
            "env remove",
            {
                "environment": environment,
            },
            on_event=on_event,
        )

    def render(
        self,
        *,
        cols: int = 120,
        file: Optional[str] = None,
        plain: bool = False,
        rows: int = 30,
        screen: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Turn recorded terminal output into text.

        Reads a typescript or a CI log as a terminal would: overwritten progress bars, wrapped lines and
        cursor movement come out as what a person saw. It streams, whatever the size.

        cols: Columns of the terminal
        file: The recording; standard input without it or for "-"
        plain: The text that scrolled past (this is the default)
        rows: Rows of the terminal
        screen: The screen at the end instead
        """
        return self.call(
            "render",
            given(
                {
                    "cols": cols,
                    "file": file,
                    "plain": plain,
                    "rows": rows,
                    "screen": screen,
                },
                {
                    "cols": 120,
                    "plain": False,
                    "rows": 30,
                    "screen": False,
                },
            ),
            on_event=on_event,
        )

    def run_in_vm(
        self,
        environment: str,
        command: Optional[Sequence[str]] = None,
        *,
        allow_host_compat: bool = False,
        entrypoint: Optional[str] = None,
        env: Optional[Mapping[str, str]] = None,
        mem_mib: int = 1024,
        network: bool = False,
        timeout_seconds: int = 30,
        ttl_seconds: int = 600,
        vcpu_count: int = 1,
        input: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Run one command in a fresh machine that is gone afterwards.

        Its output comes as it is written, standard input is passed to it, Ctrl-C interrupts it, and its
        exit status becomes this command's. In a loop such as 'while read -r file; do ... done <list' it
        would read the rest of the list: add </dev/null there. An image is run as it states: with its user,
        directory, variables and entry point. CMD takes the place of its own command.

        environment: The environment, for example debian:12
        command: The command and its arguments, each kept as it is; of an image, in place of its own
        allow_host_compat: Where no VM can be had, run on the host itself, without isolation
        entrypoint: Of an image: this program in place of its own entry point and command; empty: none
        env: An environment variable; without a value, that of this process, if it has one
        mem_mib: Memory, at most the host's
        network: Let it connect out; without this it has no network at all
        timeout_seconds: Kill the command after this time; 0: never
        ttl_seconds: Stop the VM after this time; 0: never
        vcpu_count: Virtual processors, at most the host's and 32
        """
        return self.call(
            "run",
            given(
                {
                    "environment": environment,
                    "command": command,
                    "allow_host_compat": allow_host_compat,
                    "entrypoint": entrypoint,
                    "env": env,
                    "mem_mib": mem_mib,
                    "network": network,
                    "timeout_seconds": timeout_seconds,
                    "ttl_seconds": ttl_seconds,
                    "vcpu_count": vcpu_count,
                },
                {
                    "allow_host_compat": False,
                    "mem_mib": 1024,
                    "network": False,
                    "timeout_seconds": 30,
                    "ttl_seconds": 600,
                    "vcpu_count": 1,
                },
            ),
            input=input,
            on_event=on_event,
        )

    def watch_workspaces(
        self,
        *,
        workspaces: Optional[Sequence[str]] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Tell what happens to workspaces, one event a line, until it is ended.

        It begins with what needs attention now. With --json each line is an object, with time, event,
        workspace_id, name and what belongs to the event; docs/workspaces.md has the events. TERM, INT and a
        reader that goes away end it.

        workspaces: Only these; it ends when all of them are deleted
        """
        return self.call(
            "watch",
            {
                "workspaces": workspaces,
            },
            on_event=on_event,
        )

    def kill_command(
        self,
        workspace_id: str,
        sequence: int,
        *,
        signal: Literal["HUP", "INT", "QUIT", "TERM", "KILL"] = "KILL",
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """End a command that runs, or send it another signal.

        One that has ended is left as it is. What it printed stays readable.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        sequence: The command's number
        signal: The signal, to the command's process group
        """
        return self.call(
            "workspace command kill",
            given(
                {
                    "workspace_id": workspace_id,
                    "sequence": sequence,
                    "signal": signal,
                },
                {
                    "signal": "KILL",
                },
            ),
            on_event=on_event,
        )

    def list_command(
        self,
        workspace_id: str,
        *,
        cursor: Optional[str] = None,
        limit: Optional[int] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List the commands of a workspace, those that run too.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        cursor: Where to continue: the next_cursor of the last answer
        limit: At most this many entries
        """
        return self.call(
            "workspace command list",
            {
                "workspace_id": workspace_id,
                "cursor": cursor,
                "limit": limit,
            },
            on_event=on_event,
        )

    def read_command(
        self,
        workspace_id: str,
        sequence: int,
        *,
        cursor: int = 0,
        max_chars: int = 65536,
        max_wait_ms: Optional[int] = None,
        wait_for_idle_ms: Optional[int] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Read what a command printed, from a cursor on.

        A read consumes nothing. A detached command can be read while it runs and after it has ended; of any
        other one the first MiB of each output can be read once it has ended, errors last. Its standard
        output goes to standard output, its standard error to standard error, in the order they came.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        sequence: The command's number
        cursor: Where to begin: 0, or the next_cursor of the last read
        max_chars: Characters at most, of both outputs together
        max_wait_ms: First wait until it has ended or printed --max-chars, but no longer than this; with
            --wait-for-idle-ms default 30000, or twice that
        wait_for_idle_ms: First wait until nothing was printed for this long
        """
        return self.call(
            "workspace command read",
            given(
                {
                    "workspace_id": workspace_id,
                    "sequence": sequence,
                    "cursor": cursor,
                    "max_chars": max_chars,
                    "max_wait_ms": max_wait_ms,
                    "wait_for_idle_ms": wait_for_idle_ms,
                },
                {
                    "cursor": 0,
                    "max_chars": 65536,
                },
            ),
            on_event=on_event,
        )

    def wait_command(
        self,
        workspace_id: str,
        sequence: int,
        *,
        timeout_seconds: int = 0,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Wait until a command has ended.

        The answer has its state and exit code; this command's own exit status is 0.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        sequence: The command's number
        timeout_seconds: Wait no longer than this, and answer that it still runs; 0: however long
        """
        return self.call(
            "workspace command wait",
            given(
                {
                    "workspace_id": workspace_id,
                    "sequence": sequence,
                    "timeout_seconds": timeout_seconds,
                },
                {
                    "timeout_seconds": 0,
                },
            ),
            on_event=on_event,
        )

    def commit_workspace(
        self,
        workspace_id: str,
        name: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Make an environment of a workspace's disk as it is now.

        Workspaces of it start with all that is installed. The machine goes on: its file system is held
        still for some milliseconds; nothing is copied. What belongs to one machine is left out, and said:
        its machine-id, SSH host keys, histories of shells. One machine is started to try the environment.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        name: What the environment is called
        """
        return self.call(
            "workspace commit",
            {
                "workspace_id": workspace_id,
                "name": name,
            },
            on_event=on_event,
        )

    def create_workspace(
        self,
        environment: str,
        *,
        allow_host_compat: bool = False,
        delete: bool = False,
        env: Optional[Mapping[str, str]] = None,
        hold: bool = False,
        label: Optional[Mapping[str, str]] = None,
        mem_mib: int = 1024,
        name: Optional[str] = None,
        network_policy: Literal["off", "egress", "egress+published-ports"] = "off",
        secret: Optional[Mapping[str, str]] = None,
        secret_file: Optional[Mapping[str, str]] = None,
        seed_path: Optional[str] = None,
        suspend_after_idle: int = 0,
        ttl_seconds: int = 0,
        vcpu_count: int = 1,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Create a workspace: a Linux machine of its own, started.

        An environment that is not installed yet is pulled first. The workspace lives on until it is
        deleted; nothing else ever deletes its data.

        environment: The environment, for example debian:12
        allow_host_compat: Where no VM can be had, run on the host itself, without isolation
        delete: With --hold: delete it when it has ended, unless it failed
        env: A variable of all that is started in it; without a value, that of this process, if it has one
        hold: Run it in the foreground, for as long as this process lives, as workspace hold does
        label: A label
        mem_mib: Memory, at most the host's
        name: A name to call it by, besides its id
        network_policy: off: no network device; egress: connections out; the last also lets services publish
            ports on this host's loopback
        secret: A secret; the value is visible in the process list: prefer --secret-file
        secret_file: A secret that is the text of a file
        seed_path: What /workspace begins with: a directory, or a .tar, .tar.gz, .tgz, .tar.zst or .tar.xz
        suspend_after_idle: Suspend it once nobody has needed it for so long, at least 60; 0: never
        ttl_seconds: Stop the VM after this time; 0: never
        vcpu_count: Virtual processors, at most the host's and 32
        """
        return self.call(
            "workspace create",
            given(
                {
                    "environment": environment,
                    "allow_host_compat": allow_host_compat,
                    "delete": delete,
                    "env": env,
                    "hold": hold,
                    "label": label,
                    "mem_mib": mem_mib,
                    "name": name,
                    "network_policy": network_policy,
                    "secret": secret,
                    "secret_file": secret_file,
                    "seed_path": seed_path,
                    "suspend_after_idle": suspend_after_idle,
                    "ttl_seconds": ttl_seconds,
                    "vcpu_count": vcpu_count,
                },
                {
                    "allow_host_compat": False,
                    "delete": False,
                    "hold": False,
                    "mem_mib": 1024,
                    "network_policy": "off",
                    "suspend_after_idle": 0,
                    "ttl_seconds": 0,
                    "vcpu_count": 1,
                },
            ),
            on_event=on_event,
        )

    def delete_workspace(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Delete a workspace with its disk, history and records.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace delete",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def diff_workspace(
        self,
        workspace_id: str,
        *,
        cursor: Optional[str] = None,
        max_chars: Optional[int] = None,
        name_status: bool = False,
        path: Optional[Sequence[str]] = None,
        stat: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show what changed in /workspace since the workspace was created.

        The patch applies with 'git apply' to a copy of what the workspace was created with. Files with
        unchanged content are not listed, whatever their times and owner. The workspace may be running or
        stopped.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        cursor: Where to go on: the next_cursor of the last answer
        max_chars: Characters of paths and patches at most
        name_status: Only which paths changed and how, without patches
        path: Only this file or directory below /workspace
        stat: Before the patch, a line for each changed path
        """
        return self.call(
            "workspace diff",
            given(
                {
                    "workspace_id": workspace_id,
                    "cursor": cursor,
                    "max_chars": max_chars,
                    "name_status": name_status,
                    "path": path,
                    "stat": stat,
                },
                {
                    "name_status": False,
                    "stat": False,
                },
            ),
            on_event=on_event,
        )

    def export_workspace_disk(
        self,
        workspace_id: str,
        output: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Write the whole disk of a stopped workspace as a raw ext4 image.

        Another machine can mount it. It is sparse, holds the disk as one file, without its layers, and
        nothing of /run/pyro-*.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        output: The file to make; it must not exist
        """
        return self.call(
            "workspace disk export",
            {
                "workspace_id": workspace_id,
                "output": output,
            },
            on_event=on_event,
        )

    def list_workspace_disk(
        self,
        workspace_id: str,
        *,
        cursor: Optional[str] = None,
        limit: Optional[int] = None,
        path: str = "/workspace",
        recursive: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List files on the disk of a stopped workspace.

        All of the disk may be looked at, without starting the machine. Links are shown and never followed.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        cursor: Where to continue: the next_cursor of the last answer
        limit: At most this many entries
        path: A directory or file: absolute, or relative to /workspace
        recursive: Also list what is below its directories
        """
        return self.call(
            "workspace disk list",
            given(
                {
                    "workspace_id": workspace_id,
                    "cursor": cursor,
                    "limit": limit,
                    "path": path,
                    "recursive": recursive,
                },
                {
                    "path": "/workspace",
                    "recursive": False,
                },
            ),
            on_event=on_event,
        )

    def read_workspace_disk(
        self,
        workspace_id: str,
        path: str,
        *,
        max_bytes: Optional[int] = None,
        offset: int = 0,
        output: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Print a file from the disk of a stopped workspace.

        Text is UTF-8; '--content-only' and '--output' give the bytes of any file.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        path: A regular file: absolute, or relative to /workspace
        max_bytes: How much of it at most: 65536 when not given, or all with --content-only and --output;
            text is cut between characters and is at most 8 MiB
        offset: Where to begin: 0, or the next_offset of the last read
        output: Write the bytes into this new file instead
        """
        return self.call(
            "workspace disk read",
            given(
                {
                    "workspace_id": workspace_id,
                    "path": path,
                    "max_bytes": max_bytes,
                    "offset": offset,
                    "output": output,
                },
                {
                    "offset": 0,
                },
            ),
            on_event=on_event,
        )

    def exec_workspace(
        self,
        workspace_id: str,
        command: Sequence[str],
        *,
        cwd: str = "/workspace",
        detach: bool = False,
        env: Optional[Mapping[str, str]] = None,
        max_wait_ms: Optional[int] = None,
        secret_env: Optional[Sequence[str]] = None,
        timeout_seconds: Optional[int] = None,
        user: Optional[str] = None,
        input: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Run a command in a workspace.

        Its output comes as it is written, standard input is passed to it, Ctrl-C interrupts it, and its
        exit status becomes this command's. What it leaves running in the background is ended with it; a
        command with --detach goes on by itself, until its end or the machine's; so does one that takes
        longer than --max-wait-ms, and 'workspace command' has the rest of what it prints. In a loop such as
        'while read -r file; do ... done <list' it would read the rest of the list: give --no-stdin there.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        command: The command and its arguments, each kept as it is
        cwd: Directory to run in; relative to /workspace
        detach: Do not wait for it: print its number for 'workspace command'; it has no input
        env: An environment variable; without a value, that of this process, if it has one
        max_wait_ms: Wait no longer than this: what runs then goes on as with --detach
        secret_env: A secret of the workspace, as an environment variable of that name or VAR
        timeout_seconds: Kill the command after this time; 0: never; default 30, or 0 with --detach
        user: Run as this user of the guest, by name or number, and let it have /workspace
        """
        return self.call(
            "workspace exec",
            given(
                {
                    "workspace_id": workspace_id,
                    "command": list(command),
                    "cwd": cwd,
                    "detach": detach,
                    "env": env,
                    "max_wait_ms": max_wait_ms,
                    "secret_env": secret_env,
                    "timeout_seconds": timeout_seconds,
                    "user": user,
                },
                {
                    "cwd": "/workspace",
                    "detach": False,
                },
            ),
            input=input,
            on_event=on_event,
        )

    def export_workspace(
        self,
        workspace_id: str,
        path: str,
        output: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Copy a file or directory out of a running workspace.

        Modes (without set-id bits), times and links are kept; links are never followed. The output appears
        whole, or not at all.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        path: A file, directory or symbolic link in the workspace
        output: Where it goes; must not exist yet
        """
        return self.call(
            "workspace export",
            {
                "workspace_id": workspace_id,
                "path": path,
                "output": output,
            },
            on_event=on_event,
        )

    def list_workspace_files(
        self,
        workspace_id: str,
        *,
        cursor: Optional[str] = None,
        limit: Optional[int] = None,
        path: str = "/workspace",
        recursive: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List files of a running workspace.

        Links are shown and never followed: a path that leads through one is refused.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        cursor: Where to continue: the next_cursor of the last answer
        limit: At most this many entries
        path: A directory below /workspace, or one file
        recursive: Also list what is below its directories
        """
        return self.call(
            "workspace file list",
            given(
                {
                    "workspace_id": workspace_id,
                    "cursor": cursor,
                    "limit": limit,
                    "path": path,
                    "recursive": recursive,
                },
                {
                    "path": "/workspace",
                    "recursive": False,
                },
            ),
            on_event=on_event,
        )

    def read_workspace_file(
        self,
        workspace_id: str,
        path: str,
        *,
        max_bytes: Optional[int] = None,
        offset: int = 0,
        output: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Print a file of a running workspace.

        Text is UTF-8; '--content-only' and '--output' give the bytes of any file. On a terminal, control
        characters are shown as escapes; elsewhere the bytes are as in the file.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        path: A file below /workspace
        max_bytes: How much of it at most: 65536 when not given, or all with --content-only and --output;
            text is cut between characters and is at most 8 MiB
        offset: Where to begin: 0, or the next_offset of the last read
        output: Write the bytes into this new file instead
        """
        return self.call(
            "workspace file read",
            given(
                {
                    "workspace_id": workspace_id,
                    "path": path,
                    "max_bytes": max_bytes,
                    "offset": offset,
                    "output": output,
                },
                {
                    "offset": 0,
                },
            ),
            on_event=on_event,
        )

    def write_workspace_file(
        self,
        workspace_id: str,
        path: str,
        *,
        text: Optional[str] = None,
        text_file: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Write a text file in a running workspace.

        A concurrent reader sees the old text or the new, never a part. A file that exists keeps its mode
        and owner; a new one gets 0644, and missing directories are created.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        path: A file below /workspace, new or not
        text: The new content: UTF-8, at most 8 MiB
        text_file: A file on this host that holds the text; -: standard input
        """
        return self.call(
            "workspace file write",
            {
                "workspace_id": workspace_id,
                "path": path,
                "text": text,
                "text_file": text_file,
            },
            on_event=on_event,
        )

    def fork_workspace(
        self,
        workspace_id: str,
        *,
        count: int = 1,
        disk_only: bool = False,
        env: Optional[Mapping[str, str]] = None,
        label: Optional[Mapping[str, str]] = None,
        name: Optional[str] = None,
        secret: Optional[Mapping[str, str]] = None,
        secret_file: Optional[Mapping[str, str]] = None,
        snapshot: Optional[str] = None,
        ttl_seconds: Optional[int] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Make workspaces that go on from where another one is.

        A fork has the disk, the history and the settings of the workspace, an id, a hostname and a machine-
        id of its own, and shares the disk's layers: it takes no space until it writes. Of a running
        workspace, or of a snapshot with memory, it goes on with the memory too: processes, shells with what
        they have printed, and services, whose published ports get other numbers; a command that runs goes
        on in the workspace alone, which stands still for some milliseconds. Other forks are stopped. All of
        them are made, or none. What a secret of the workspace was stays hidden in its forks, also when
        --secret replaces it.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        count: How many
        disk_only: Leave the memory: the forks have the disk alone, and are stopped
        env: A variable of what is started in the fork, beside the workspace's or in place of one
        label: A label
        name: What the fork is called; of several, what their numbered names begin with
        secret: A secret; the value is visible in the process list: prefer --secret-file
        secret_file: A secret that is the text of a file
        snapshot: Go on from this snapshot (or baseline) in place of now
        ttl_seconds: Stop a fork this long after its start, 0: never; without it, as the workspace has it
        """
        return self.call(
            "workspace fork",
            given(
                {
                    "workspace_id": workspace_id,
                    "count": count,
                    "disk_only": disk_only,
                    "env": env,
                    "label": label,
                    "name": name,
                    "secret": secret,
                    "secret_file": secret_file,
                    "snapshot": snapshot,
                    "ttl_seconds": ttl_seconds,
                },
                {
                    "count": 1,
                    "disk_only": False,
                },
            ),
            on_event=on_event,
        )

    def hold_workspace(
        self,
        workspace_id: str,
        *,
        delete: bool = False,
        watch: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Run a workspace in the foreground, for as long as this process lives.

        For a batch scheduler or a service manager, which sees one process: the machine is its descendant. A
        stopped workspace is started. Once it runs this prints 'ready', and tells a service manager
        (NOTIFY_SOCKET). TERM, INT and HUP stop the workspace, the second kills it; so does the end of this
        process. Exits with 0 when it was stopped, 1 when it failed, 3 when its time to live was over.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        delete: Delete the workspace when it has ended, unless it failed
        watch: Only wait for its end: it may run elsewhere, and lives on after this
        """
        return self.call(
            "workspace hold",
            given(
                {
                    "workspace_id": workspace_id,
                    "delete": delete,
                    "watch": watch,
                },
                {
                    "delete": False,
                    "watch": False,
                },
            ),
            on_event=on_event,
        )

    def list_workspaces(
        self,
        *,
        all: bool = False,
        cursor: Optional[str] = None,
        limit: Optional[int] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List the workspaces, most recent activity first.

        all: Also the spares: machines that wait for the next create or run
        cursor: Where to continue: the next_cursor of the last answer
        limit: At most this many entries
        """
        return self.call(
            "workspace list",
            given(
                {
                    "all": all,
                    "cursor": cursor,
                    "limit": limit,
                },
                {
                    "all": False,
                },
            ),
            on_event=on_event,
        )

    def logs_workspace(
        self,
        workspace_id: str,
        *,
        cursor: int = 0,
        follow: bool = False,
        limit: Optional[int] = None,
        since: Optional[str] = None,
        tail_lines: Optional[int] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show the commands a workspace ran and what they printed.

        The history keeps 256 MiB of commands and output, the oldest of which go first. With --json an
        answer has at most 16 MiB of output: go on from its next_cursor.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        cursor: Where to begin: a sequence, or the next_cursor of the last answer
        follow: Go on with each command as it ends, until the workspace stops
        limit: At most this many commands
        since: Only commands that began since: a time (2026-05-01T12:30, with Z in UTC), how long ago (90s,
            10m, 2h, 3d) or epoch seconds
        tail_lines: The last lines of output, counted over all commands
        """
        return self.call(
            "workspace logs",
            given(
                {
                    "workspace_id": workspace_id,
                    "cursor": cursor,
                    "follow": follow,
                    "limit": limit,
                    "since": since,
                    "tail_lines": tail_lines,
                },
                {
                    "cursor": 0,
                    "follow": False,
                },
            ),
            on_event=on_event,
        )

    def apply_workspace_patch(
        self,
        workspace_id: str,
        *,
        patch: Optional[str] = None,
        patch_file: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Apply a unified diff to the files of a running workspace.

        All of it is applied or nothing. It may come from git (new, deleted, renamed and copied files,
        modes, links) or from diff -u; names are relative to /workspace, behind a/ and b/. As with 'git
        apply', every line of a hunk must be in the file as the patch has it, at the line that the hunk
        names or at another one; none is guessed. Binary patches are refused.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        patch: The patch itself: UTF-8, at most 8 MiB
        patch_file: A file on this host that holds it; -: standard input
        """
        return self.call(
            "workspace patch apply",
            {
                "workspace_id": workspace_id,
                "patch": patch,
                "patch_file": patch_file,
            },
            on_event=on_event,
        )

    def reset_workspace(
        self,
        workspace_id: str,
        *,
        disk_only: bool = False,
        snapshot: str = "baseline",
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Reset the whole workspace to its baseline or a snapshot, and start it.

        All of the disk goes back, not /workspace alone: a package installed since is gone, a deleted file
        is there. What runs is ended; shells, services and the command history are cleared; a snapshot with
        memory brings its own back, and what ran goes on. Id, name, labels, snapshots and secrets stay. A
        stopped workspace is started.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        disk_only: Leave the memory of a snapshot: boot from its disk
        snapshot: The snapshot to go back to; baseline: what it was created with
        """
        return self.call(
            "workspace reset",
            given(
                {
                    "workspace_id": workspace_id,
                    "disk_only": disk_only,
                    "snapshot": snapshot,
                },
                {
                    "disk_only": False,
                    "snapshot": "baseline",
                },
            ),
            on_event=on_event,
        )

    def list_services(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List a workspace's services, including those that have ended.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace service list",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def logs_service(
        self,
        workspace_id: str,
        service_name: str,
        *,
        all: bool = False,
        follow: bool = False,
        tail_lines: int = 200,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Read what a service printed.

        Its standard output goes to standard output, its standard error to standard error. They can be read
        after the service, and after its workspace was stopped.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        service_name: The service's name
        all: All output that is kept, instead
        follow: Go on with new output, until the service ends
        tail_lines: The last lines of each output
        """
        return self.call(
            "workspace service logs",
            given(
                {
                    "workspace_id": workspace_id,
                    "service_name": service_name,
                    "all": all,
                    "follow": follow,
                    "tail_lines": tail_lines,
                },
                {
                    "all": False,
                    "follow": False,
                    "tail_lines": 200,
                },
            ),
            on_event=on_event,
        )

    def start_service(
        self,
        workspace_id: str,
        service_name: str,
        command: Sequence[str],
        *,
        cwd: str = "/workspace",
        env: Optional[Mapping[str, str]] = None,
        publish: Optional[Sequence[str]] = None,
        ready_command: Optional[str] = None,
        ready_file: Optional[str] = None,
        ready_http: Optional[str] = None,
        ready_interval_ms: int = 500,
        ready_tcp: Optional[str] = None,
        ready_timeout_seconds: int = 30,
        secret_env: Optional[Sequence[str]] = None,
        user: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Start a service: a command that stays, and wait until it is ready.

        The service is its first process: when that ends, whatever it left running is killed. Its output is
        read with 'workspace service logs'.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        service_name: The service's name
        command: The command and its arguments, each kept as it is
        cwd: Directory to run in; relative to /workspace
        env: An environment variable; without a value, that of this process, if it has one
        publish: Have this host's 127.0.0.1:HOST, a free port without HOST, lead to the port GUEST of the
            guest's loopback, as long as the service runs
        ready_command: Ready when this command, run by sh, exits with status 0
        ready_file: Ready when this file is there; relative to --cwd
        ready_http: Ready when this URL on the guest's loopback answers 2xx or 3xx
        ready_interval_ms: Interval between readiness checks
        ready_tcp: Ready when this port of the guest's loopback takes connections
        ready_timeout_seconds: Stop it and fail when it is not ready by then; 0: never
        secret_env: A secret of the workspace, as an environment variable of that name or VAR
        user: Run as this user of the guest, by name or number, and let it have /workspace
        """
        return self.call(
            "workspace service start",
            given(
                {
                    "workspace_id": workspace_id,
                    "service_name": service_name,
                    "command": list(command),
                    "cwd": cwd,
                    "env": env,
                    "publish": publish,
                    "ready_command": ready_command,
                    "ready_file": ready_file,
                    "ready_http": ready_http,
                    "ready_interval_ms": ready_interval_ms,
                    "ready_tcp": ready_tcp,
                    "ready_timeout_seconds": ready_timeout_seconds,
                    "secret_env": secret_env,
                    "user": user,
                },
                {
                    "cwd": "/workspace",
                    "ready_interval_ms": 500,
                    "ready_timeout_seconds": 30,
                },
            ),
            on_event=on_event,
        )

    def status_service(
        self,
        workspace_id: str,
        service_name: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show a service's status.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        service_name: The service's name
        """
        return self.call(
            "workspace service status",
            {
                "workspace_id": workspace_id,
                "service_name": service_name,
            },
            on_event=on_event,
        )

    def stop_service(
        self,
        workspace_id: str,
        service_name: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Stop a service: TERM, and KILL ten seconds later.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        service_name: The service's name
        """
        return self.call(
            "workspace service stop",
            {
                "workspace_id": workspace_id,
                "service_name": service_name,
            },
            on_event=on_event,
        )

    def close_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """End a shell and all that runs in it; its output stays readable.

        What runs in it gets HUP, and after a second KILL.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        shell_id: The shell's id, for example sh1
        """
        return self.call(
            "workspace shell close",
            {
                "workspace_id": workspace_id,
                "shell_id": shell_id,
            },
            on_event=on_event,
        )

    def list_shells(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List a workspace's shells, including those that have ended.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace shell list",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def open_shell(
        self,
        workspace_id: str,
        *,
        cols: int = 120,
        cwd: str = "/workspace",
        env: Optional[Mapping[str, str]] = None,
        max_wait_ms: int = 5000,
        rows: int = 30,
        secret_env: Optional[Sequence[str]] = None,
        user: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Open a shell that stays: bash on a terminal of its own.

        It lives on in the workspace until it exits or is closed, whatever becomes of the commands that
        write to it and read it. It is set up for a program to type into: a TAB is a TAB, '!' is itself, no
        pager and no editor waits for keys; --interactive leaves all of this as a person expects it.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        cols: Columns
        cwd: Directory to run in; relative to /workspace
        env: An environment variable; without a value, that of this process, if it has one
        max_wait_ms: Return at the first prompt, and no later than this; 0: at once
        rows: Rows
        secret_env: A secret of the workspace, as an environment variable of that name or VAR
        user: Run as this user of the guest, by name or number, and let it have /workspace
        """
        return self.call(
            "workspace shell open",
            given(
                {
                    "workspace_id": workspace_id,
                    "cols": cols,
                    "cwd": cwd,
                    "env": env,
                    "max_wait_ms": max_wait_ms,
                    "rows": rows,
                    "secret_env": secret_env,
                    "user": user,
                },
                {
                    "cols": 120,
                    "cwd": "/workspace",
                    "max_wait_ms": 5000,
                    "rows": 30,
                },
            ),
            on_event=on_event,
        )

    def read_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        colors: bool = False,
        cursor: int = 0,
        max_chars: int = 65536,
        max_wait_ms: Optional[int] = None,
        plain: bool = False,
        raw: bool = False,
        screen: bool = False,
        times: bool = False,
        wait_for_idle_ms: Optional[int] = None,
        wait_for_input: bool = False,
        wait_for_prompt: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Read a shell's output from a cursor on.

        A read consumes nothing: the same cursor gives the same answer, while the shell runs and after it
        has ended. Without --plain the bytes come as they are, escape sequences included; a terminal is
        shown control characters instead, unless --raw is given.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        shell_id: The shell's id, for example sh1
        colors: With --plain: keep colours, as SGR sequences, and what a clear has dropped
        cursor: Where to begin: 0, or the next_cursor of the last read
        max_chars: Characters of raw output to consume at most
        max_wait_ms: Wait no longer than this; default 30000, or twice --wait-for-idle-ms
        plain: As text a person would have seen scroll past
        raw: Raw bytes even on a terminal; escape sequences take effect
        screen: The terminal's screen as it is now instead
        times: With --plain: each line begins with when it was written last, in UTC
        wait_for_idle_ms: First wait until there was no output for this long
        wait_for_input: First wait until a program in it asks for input, or the shell for a command
        wait_for_prompt: First wait until the shell waits for the next command
        """
        return self.call(
            "workspace shell read",
            given(
                {
                    "workspace_id": workspace_id,
                    "shell_id": shell_id,
                    "colors": colors,
                    "cursor": cursor,
                    "max_chars": max_chars,
                    "max_wait_ms": max_wait_ms,
                    "plain": plain,
                    "raw": raw,
                    "screen": screen,
                    "times": times,
                    "wait_for_idle_ms": wait_for_idle_ms,
                    "wait_for_input": wait_for_input,
                    "wait_for_prompt": wait_for_prompt,
                },
                {
                    "colors": False,
                    "cursor": 0,
                    "max_chars": 65536,
                    "plain": False,
                    "raw": False,
                    "screen": False,
                    "times": False,
                    "wait_for_input": False,
                    "wait_for_prompt": False,
                },
            ),
            on_event=on_event,
        )

    def record_shell(
        self,
        workspace_id: str,
        shell_id: str,
        output: str,
        *,
        format: Literal["cast", "svg", "html"] = "cast",
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Write a shell's output with its timing, as a recording to play.

        cast is asciicast v2, which asciinema plays. svg is a picture that moves by itself, for a README;
        html is one page with a player in it, to attach to a report, which needs no network. Both play a
        pause of more than two seconds as one of two.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        shell_id: The shell's id, for example sh1
        output: The recording to write
        format: asciicast v2, an animated picture, or a page with a player in it
        """
        return self.call(
            "workspace shell record",
            given(
                {
                    "workspace_id": workspace_id,
                    "shell_id": shell_id,
                    "output": output,
                    "format": format,
                },
                {
                    "format": "cast",
                },
            ),
            on_event=on_event,
        )

    def resize_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        cols: Optional[int] = None,
        rows: Optional[int] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Give a shell's terminal another size.

        What was printed before keeps the size it was printed at.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        shell_id: The shell's id, for example sh1
        cols: Columns; unchanged without it
        rows: Rows; unchanged without it
        """
        return self.call(
            "workspace shell resize",
            {
                "workspace_id": workspace_id,
                "shell_id": shell_id,
                "cols": cols,
                "rows": rows,
            },
            on_event=on_event,
        )

    def signal_shell(
        self,
        workspace_id: str,
        shell_id: str,
        *,
        signal: Literal["HUP", "INT", "TERM", "KILL"] = "INT",
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Send a signal to what runs in the foreground of a shell.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        shell_id: The shell's id, for example sh1
        signal: INT is Ctrl-C; KILL ends the whole shell
        """
        return self.call(
            "workspace shell signal",
            given(
                {
                    "workspace_id": workspace_id,
                    "shell_id": shell_id,
                    "signal": signal,
                },
                {
                    "signal": "INT",
                },
            ),
            on_event=on_event,
        )

    def write_shell(
        self,
        workspace_id: str,
        shell_id: str,
        input: str,
        *,
        no_newline: bool = False,
        paste: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Type into a shell.

        The text reaches the terminal as one piece; a newline in it is Enter, as a person presses it. The
        answer is read with 'workspace shell read'.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        shell_id: The shell's id, for example sh1
        input: What to type, control characters too; at most 1 MiB
        no_newline: Do not press Enter after it, and send newlines in it as they are
        paste: Send as one bracketed paste if the program supports it ('pasted' reports it)
        """
        return self.call(
            "workspace shell write",
            given(
                {
                    "workspace_id": workspace_id,
                    "shell_id": shell_id,
                    "input": input,
                    "no_newline": no_newline,
                    "paste": paste,
                },
                {
                    "no_newline": False,
                    "paste": False,
                },
            ),
            on_event=on_event,
        )

    def create_snapshot(
        self,
        workspace_id: str,
        snapshot_name: str,
        *,
        forget_secrets: bool = False,
        memory: bool = False,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Keep the whole disk as it is now under a name.

        The machine goes on: its file system is held still for some milliseconds. With --memory what runs is
        part of the snapshot: processes, shells and services, as they are at one instant with the disk. The
        memory is usable with the same QEMU, processor and pyro; the disk always is. It holds the values of
        secrets, unless --forget-secrets refuses that.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        snapshot_name: What to call it
        forget_secrets: Refuse --memory while the workspace has secrets, whose values memory holds
        memory: With the machine's memory: a reset brings back what runs, too
        """
        return self.call(
            "workspace snapshot create",
            given(
                {
                    "workspace_id": workspace_id,
                    "snapshot_name": snapshot_name,
                    "forget_secrets": forget_secrets,
                    "memory": memory,
                },
                {
                    "forget_secrets": False,
                    "memory": False,
                },
            ),
            on_event=on_event,
        )

    def delete_snapshot(
        self,
        workspace_id: str,
        snapshot_name: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Delete a snapshot; the disk and the other snapshots stay as they are.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        snapshot_name: The snapshot
        """
        return self.call(
            "workspace snapshot delete",
            {
                "workspace_id": workspace_id,
                "snapshot_name": snapshot_name,
            },
            on_event=on_event,
        )

    def list_snapshots(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """List a workspace's snapshots, its baseline first.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace snapshot list",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def start_workspace(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Start a stopped or failed workspace, or let a suspended one go on.

        A workspace that runs already is left as it is.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace start",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def stats_workspace(
        self,
        *,
        follow: bool = False,
        workspaces: Optional[Sequence[str]] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show what workspaces use: processor, memory, disk, network.

        Of those that run, or of the ones named. The processor is looked at twice, a quarter of a second
        apart, and with --follow each second.

        follow: Look again each second, until it is ended; with --json an object a line
        workspaces: Only these; otherwise all that run
        """
        return self.call(
            "workspace stats",
            given(
                {
                    "follow": follow,
                    "workspaces": workspaces,
                },
                {
                    "follow": False,
                },
            ),
            on_event=on_event,
        )

    def status_workspace(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show a workspace.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace status",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def stop_workspace(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Stop a workspace's VM; its disk and records stay.

        The guest is shut down cleanly. Running commands end. A workspace that is stopped already is left as
        it is.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace stop",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def summarize_workspace(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show what was done in a workspace, what changed and what runs, in at most 2 KB.

        The last commands, the first of the files that changed in /workspace, and the commands, shells and
        services that run: as many of them as fit, and how many there are. 'workspace logs', 'workspace
        diff' and the lists have all of it.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace summary",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def suspend_workspace(
        self,
        workspace_id: str,
        *,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Keep a workspace's memory on disk and end its VM, to go on later.

        'workspace start' lets it go on where it was: processes, shells and services, on any day after, a
        restart of the host included; so does any command that needs its machine. The memory is used once.
        Where QEMU, the processor or pyro have changed meanwhile, 'start' says so and boots from the disk.
        While it is suspended its output can be read; it takes no memory and no time of a processor; its
        time to live goes on. 'stop' drops the memory. A running command prevents it.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        """
        return self.call(
            "workspace suspend",
            {
                "workspace_id": workspace_id,
            },
            on_event=on_event,
        )

    def push_workspace_sync(
        self,
        workspace_id: str,
        source: str,
        *,
        dest: str = "/workspace",
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Copy a directory or a tar archive into a running workspace.

        Everything is checked first: what cannot be read, and archive members that would lead elsewhere,
        stop it before anything is written. The copying itself is not atomic; the baseline stays as it is.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        source: A directory, or a .tar, .tar.gz, .tgz, .tar.zst or .tar.xz
        dest: Where it goes in the workspace; created if missing
        """
        return self.call(
            "workspace sync push",
            given(
                {
                    "workspace_id": workspace_id,
                    "source": source,
                    "dest": dest,
                },
                {
                    "dest": "/workspace",
                },
            ),
            on_event=on_event,
        )

    def timeline_workspace(
        self,
        workspace_id: str,
        *,
        cursor: Optional[str] = None,
        follow: bool = False,
        limit: Optional[int] = None,
        since: Optional[str] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Show what happened in a workspace: commands, what was typed, files, services.

        Commands with their status, lines that were typed into shells and by whom, files that were written
        with pyro, services, snapshots, resets, the network, what needed attention, and the names of secrets
        that were given. What a terminal does not show, a password, is not kept. It outlives resets, and has
        at most 5 MiB: then the oldest entries go.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        cursor: Where to continue: the next_cursor of the last answer
        follow: Go on with each entry as it comes, until the workspace stops
        limit: At most this many entries
        since: Only what happened since: a time (2026-05-01T12:30, with Z in UTC), how long ago (90s, 10m,
            2h, 3d) or epoch seconds
        """
        return self.call(
            "workspace timeline",
            given(
                {
                    "workspace_id": workspace_id,
                    "cursor": cursor,
                    "follow": follow,
                    "limit": limit,
                    "since": since,
                },
                {
                    "follow": False,
                },
            ),
            on_event=on_event,
        )

    def update_workspace(
        self,
        workspace_id: str,
        *,
        acknowledge: Optional[Sequence[str]] = None,
        clear_label: Optional[Sequence[str]] = None,
        clear_name: bool = False,
        label: Optional[Mapping[str, str]] = None,
        mem_mib: Optional[int] = None,
        name: Optional[str] = None,
        suspend_after_idle: Optional[int] = None,
        vcpu_count: Optional[int] = None,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Change a workspace's name, labels, size or when it is suspended, or acknowledge what failed in it.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        acknowledge: What failed or finished is known: all, or vm, exec, shell or service, or one of those
            as shell:sh1
        clear_label: A label to remove
        clear_name: Remove its name
        label: A label to set
        mem_mib: Memory, at most the host's; of a stopped workspace
        name: Its new name
        suspend_after_idle: Suspend it once nobody has needed it for so long, at least 60; 0: never
        vcpu_count: Virtual processors, at most the host's and 32; of a stopped workspace
        """
        return self.call(
            "workspace update",
            given(
                {
                    "workspace_id": workspace_id,
                    "acknowledge": acknowledge,
                    "clear_label": clear_label,
                    "clear_name": clear_name,
                    "label": label,
                    "mem_mib": mem_mib,
                    "name": name,
                    "suspend_after_idle": suspend_after_idle,
                    "vcpu_count": vcpu_count,
                },
                {
                    "clear_name": False,
                },
            ),
            on_event=on_event,
        )

    def wait_workspace(
        self,
        workspace_id: str,
        *,
        for_: Literal["ready", "idle", "attention", "suspended", "stopped"] = "ready",
        timeout_seconds: int = 0,
        on_event: OnEvent = None,
    ) -> Dict[str, Any]:
        """Wait until a workspace is ready, idle, suspended, stopped, or needs attention.

        One that fails, is deleted, or stops while something else is wanted of it ends the wait with status
        1.

        workspace_id: The workspace: its id, its name, or the first characters of its id (4 or more)
        for_: ready: started; idle: no command runs and each shell is at its prompt; attention: something
            asks, failed or finished; suspended; stopped
        timeout_seconds: Fail when it is not so by then; 0: wait however long
        """
        return self.call(
            "workspace wait",
            given(
                {
                    "workspace_id": workspace_id,
                    "for": for_,
                    "timeout_seconds": timeout_seconds,
                },
                {
                    "for": "ready",
                    "timeout_seconds": 0,
                },
            ),
            on_event=on_event,
        )
