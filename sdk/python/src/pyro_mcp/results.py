"""Made by generate.py from `pyro api --describe`: change nothing here."""

from dataclasses import dataclass
from typing import Any, ClassVar, Dict, List, Literal, Mapping, Optional

from .record import Record


@dataclass(frozen=True)
class WorkspaceStatusAttentionSource(Record):
    id: str  # Of the shell, command or service; the workspace's for vm
    kind: Literal["vm", "shell", "exec", "service"]


@dataclass(frozen=True)
class WorkspaceStatusAttention(Record):
    since: Optional[float]
    source: Optional[WorkspaceStatusAttentionSource]
    state: Literal["none", "waits", "finished", "failed", "asks"]  # asks: a program waits at a terminal for input; failed and finished: until they are acknowledged; waits: a shell is at its prompt
    text: Optional[str]  # The program that asks, or what ended, and how
    _nested: ClassVar[Mapping[str, Any]] = {"source": WorkspaceStatusAttentionSource}


@dataclass(frozen=True)
class WorkspaceStatusLastCommand(Record):
    command: List[str]
    exit_code: int


@dataclass(frozen=True)
class WorkspaceStatusSecrets(Record):
    name: str
    source_kind: Literal["literal", "file"]


@dataclass(frozen=True)
class WorkspaceStatusWorkspaceSeed(Record):
    bytes_written: int
    entry_count: int
    mode: Literal["empty", "directory", "tar_archive"]
    seed_path: Optional[str]


@dataclass(frozen=True)
class WorkspaceStatus(Record):
    accelerator: Optional[Literal["kvm", "tcg"]]  # tcg is software emulation; null without a VM
    attention: WorkspaceStatusAttention
    command_count: int
    created_at: float  # Epoch seconds, like all times
    env: Dict[str, str]  # Variables of all that is started in it
    environment: Optional[str]  # Null only when the record is unreadable
    execution_mode: Literal["guest_vm", "host_compat"]
    expires_at: Optional[float]
    forked_from: Optional[str]  # The id of the workspace that it went on from
    labels: Dict[str, str]
    last_activity_at: float
    last_command: Optional[WorkspaceStatusLastCommand]
    last_error: Optional[str]  # Why it is failed
    last_reset_at: Optional[float]
    mem_mib: int
    name: Optional[str]
    network_error: Optional[str]  # Why the network is down; null when it is not
    network_policy: Literal["off", "egress", "egress+published-ports"]
    paused_reason: Optional[Literal["host_disk_full"]]  # Why a started machine is paused; it goes on by itself
    reset_count: int
    resume_error: Optional[str]  # Why a suspended machine was booted from its disk, without what ran
    running_command_count: int
    running_service_count: int
    secrets: List[WorkspaceStatusSecrets]
    service_count: int
    shell_count: int
    state: Literal["created", "started", "suspended", "stopped", "failed"]
    stop_reason: Optional[Literal["ttl"]]  # Why it stopped by itself: its time to live is over
    suspend_after_idle: int  # Seconds that nobody needs the VM until it is suspended; 0: never
    ttl_seconds: int  # 0: never
    vcpu_count: int
    workspace_id: str
    workspace_path: str  # In the guest
    workspace_seed: WorkspaceStatusWorkspaceSeed
    _nested: ClassVar[Mapping[str, Any]] = {"attention": WorkspaceStatusAttention, "last_command": WorkspaceStatusLastCommand, "secrets": WorkspaceStatusSecrets, "workspace_seed": WorkspaceStatusWorkspaceSeed}


@dataclass(frozen=True)
class WorkspaceShellOpen(Record):
    at_prompt: Optional[bool]  # Whether the shell waits for input; null when that was not waited for
    attention: WorkspaceStatusAttention
    cols: int
    cwd: str  # Where it was opened
    ended_at: Optional[float]
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # 128+N when signal N ended it; null while it runs, or when it ended with its VM
    rows: int
    shell_id: str
    started_at: float
    state: Literal["running", "stopped"]
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"attention": WorkspaceStatusAttention}


@dataclass(frozen=True)
class WorkspaceServiceStatusPublishedPorts(Record):
    guest_port: int
    host: str
    host_port: int
    protocol: str


@dataclass(frozen=True)
class WorkspaceServiceStatusReadiness(Record):
    address: Optional[str]  # Of type tcp
    command: Optional[str]  # Of type command
    interval_ms: int
    path: Optional[str]  # Of type file
    timeout_seconds: int  # 0: none
    type: Literal["file", "tcp", "http", "command"]
    url: Optional[str]  # Of type http


@dataclass(frozen=True)
class WorkspaceServiceStatus(Record):
    command: List[str]
    cwd: str
    ended_at: Optional[float]
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # 128+N when signal N ended it
    pid: Optional[int]  # In the guest, while it runs
    published_ports: List[WorkspaceServiceStatusPublishedPorts]
    readiness: Optional[WorkspaceServiceStatusReadiness]
    ready_at: Optional[float]
    service_name: str
    started_at: float
    state: Literal["starting", "running", "stopped", "exited", "failed"]
    stop_reason: Optional[str]  # Why it no longer runs, or is being ended
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"published_ports": WorkspaceServiceStatusPublishedPorts, "readiness": WorkspaceServiceStatusReadiness}


@dataclass(frozen=True)
class DoctorCapabilities(Record):
    guest_exec: Optional[bool]  # Null: no environment to try it with, or not known
    guest_network: Optional[bool]  # A packet of a machine was answered from outside; null: not tried
    vm_boot: Optional[bool]  # Null: not known within a minute


@dataclass(frozen=True)
class DoctorKvm(Record):
    exists: bool
    readable: bool
    reason: str  # Why it is not usable; empty when it is
    usable: Optional[bool]  # Machines really run under it; null: not known within a minute
    writable: bool


@dataclass(frozen=True)
class DoctorProblems(Record):
    action: str  # What to do
    problem: str


@dataclass(frozen=True)
class DoctorSpares(Record):
    created_at: float
    environment: str
    mem_mib: int
    network_policy: str
    pss_bytes: int  # Of its QEMU, its share of what others have too
    template_bytes: int  # Of the memory that copies of its template share
    vcpu_count: int
    workspace_id: str  # The id of the workspace that claims it


@dataclass(frozen=True)
class Doctor(Record):
    accelerator: Optional[Literal["kvm", "tcg"]]
    capabilities: DoctorCapabilities
    environment_cache: Optional[str]
    jail: Optional[str]  # What QEMU is confined by on this host
    kvm: DoctorKvm
    networking: str  # 'unknown (still booting)' when a minute was not enough
    platform: str
    problems: List[DoctorProblems]
    qemu_version: Optional[str]
    runtime: Literal["PASS", "FAIL"]
    spares: List[DoctorSpares]
    spares_allowed: int  # In all; of a command that does not stay, PYRO_SPARES or the configuration's spares must say so
    _nested: ClassVar[Mapping[str, Any]] = {"capabilities": DoctorCapabilities, "kvm": DoctorKvm, "problems": DoctorProblems, "spares": DoctorSpares}


@dataclass(frozen=True)
class EnvBuild(Record):
    base: str
    built: bool  # false: the command failed, and there is no environment
    command: List[str]
    duration_ms: int  # That the command took
    environment: str
    exit_code: int  # 128+N when signal N ended it, 124 when it ran out of time
    layers: Optional[int]  # Of its disk, above the image
    left_out: Optional[List[str]]  # What the environment does not have of the machine's disk
    log: Optional[str]  # Of a command that failed, and printed something: the file that has it
    stderr: str  # The first MiB
    stderr_bytes: int
    stderr_truncated: bool
    stdout: str  # The first MiB
    stdout_bytes: int
    stdout_truncated: bool
    timed_out: bool
    timeout_seconds: int  # The limit that timed_out speaks of; 0: there is none


@dataclass(frozen=True)
class EnvExport(Record):
    bytes_written: int
    digest: str  # The image's: that of its manifest
    entry_count: int
    name: str
    output_path: str


@dataclass(frozen=True)
class EnvImportConfig(Record):
    architecture: str
    cmd: List[str]
    created: str
    entrypoint: List[str]
    env: List[str]  # NAME=value
    labels: Dict[str, str]
    os: str
    ports: List[str]  # That it says it listens on, as 80/tcp
    stop_signal: str
    user: str  # As its passwd file names it; empty: root
    volumes: List[str]
    working_dir: str


@dataclass(frozen=True)
class EnvImportLayers(Record):
    compression: str  # none, gzip or zstd
    diff_id: str  # The digest of its tar
    digest: Optional[str]  # Of the blob; null when only the tar's is known
    size_bytes: int  # Of the blob


@dataclass(frozen=True)
class EnvImportPassedOver(Record):
    reason: str
    source: str


@dataclass(frozen=True)
class EnvImport(Record):
    config: Optional[EnvImportConfig]
    config_digest: Optional[str]
    default_packages: List[str]
    description: str
    digest: Optional[str]  # Of its manifest
    distribution: Optional[str]
    install_dir: Optional[str]
    installed: bool
    installed_at: Optional[float]
    layers: Optional[List[EnvImportLayers]]  # The lowest first
    name: str
    passed_over: Optional[List[EnvImportPassedOver]]  # The sources that were tried before it, and why they did not serve it
    platform: str
    reference: Optional[str]  # Of an image: what it is called
    reference_digest: Optional[str]  # What that meant when it was pulled: the digest of a manifest or an index
    size_bytes: Optional[int]  # What it takes on the disk
    source: Optional[str]  # What served it
    source_digest: Optional[str]
    used_by: List[str]  # The workspaces that are based on it
    version: str
    _nested: ClassVar[Mapping[str, Any]] = {"config": EnvImportConfig, "layers": EnvImportLayers, "passed_over": EnvImportPassedOver}


@dataclass(frozen=True)
class EnvList(Record):
    catalog_version: str
    environments: List[EnvImport]
    _nested: ClassVar[Mapping[str, Any]] = {"environments": EnvImport}


@dataclass(frozen=True)
class EnvPruneRemoved(Record):
    name: str
    path: str
    size_bytes: int


@dataclass(frozen=True)
class EnvPrune(Record):
    dry_run: bool
    freed_bytes: int
    removed: List[EnvPruneRemoved]  # Or would be, under --dry-run
    _nested: ClassVar[Mapping[str, Any]] = {"removed": EnvPruneRemoved}


@dataclass(frozen=True)
class EnvPush(Record):
    base_layer_count: int  # Those of the image that it is based on
    digest: str  # The image's: that of its manifest
    entry_count: int  # Of the layer above those
    layer_count: int
    name: str
    reference: str  # In full
    sent_bytes: int  # What the registry did not have


@dataclass(frozen=True)
class EnvRemove(Record):
    freed_bytes: int  # None for what workspaces still use
    name: str


@dataclass(frozen=True)
class RenderScreenCursor(Record):
    col: int  # From 0
    row: int  # From 0
    visible: bool


@dataclass(frozen=True)
class RenderScreen(Record):
    cursor: RenderScreenCursor
    rows: List[str]
    title: str
    _nested: ClassVar[Mapping[str, Any]] = {"cursor": RenderScreenCursor}


@dataclass(frozen=True)
class Render(Record):
    alt_screen: Optional[bool]  # With --screen: it is the alternate screen
    cols: int
    output: Optional[str]  # The text; null when it was streamed or with --screen
    plain: bool
    rows: int
    screen: Optional[RenderScreen]  # With --screen
    _nested: ClassVar[Mapping[str, Any]] = {"screen": RenderScreen}


@dataclass(frozen=True)
class RunCleanup(Record):
    deleted: bool
    reason: str
    vm_id: str


@dataclass(frozen=True)
class Run(Record):
    accelerator: Optional[Literal["kvm", "tcg"]]
    cleanup: RunCleanup  # What became of the VM
    command: List[str]
    duration_ms: int
    environment: str
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: int  # 128+N when signal N ended it, 124 when it ran out of time
    stderr: str  # The first MiB
    stderr_bytes: int
    stderr_truncated: bool
    stdout: str  # The first MiB
    stdout_bytes: int
    stdout_truncated: bool
    timed_out: bool
    timeout_seconds: int  # The limit that timed_out speaks of; 0: there is none
    vm_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"cleanup": RunCleanup}


@dataclass(frozen=True)
class Watch(Record):
    count: int  # Events told


@dataclass(frozen=True)
class WorkspaceCommandKill(Record):
    command: List[str]
    cwd: str
    duration_ms: int  # So far, while it runs
    error: Optional[str]  # Why it was cut short
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # Null while it runs
    recorded_at: float
    sequence: int  # From 1
    state: Literal["running", "ended"]
    timed_out: bool
    timeout_seconds: int  # The limit that timed_out speaks of; 0: there is none
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceCommandList(Record):
    commands: List[WorkspaceCommandKill]  # By sequence
    count: int
    dropped_entries: int  # Those that the history no longer has
    next_cursor: Optional[str]  # Null when there are no more
    truncated: bool  # There are more, beyond --limit
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"commands": WorkspaceCommandKill}


@dataclass(frozen=True)
class WorkspaceCommandRead(Record):
    command: List[str]
    cursor: int
    cwd: str
    dropped_bytes: int  # Skipped because the log no longer has them
    duration_ms: int  # So far, while it runs
    error: Optional[str]  # Why it was cut short
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # Null while it runs
    next_cursor: int  # Where the next read begins
    recorded_at: float
    sequence: int  # From 1
    state: Literal["running", "ended"]
    stderr: str
    stdout: str
    timed_out: bool
    timeout_seconds: int  # The limit that timed_out speaks of; 0: there is none
    truncated: bool  # More is there than --max-chars let through
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceCommit(Record):
    commit_ms: int  # Without what the others count
    digest_ms: int  # That reading the layers took
    environment: str
    freeze_ms: int  # Until what was written is on the disk, and the guest holds still
    layers: int  # Of its disk, above the image
    left_out: List[str]  # What the environment does not have of the workspace's disk
    template_ms: int  # That its first machine took
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceDelete(Record):
    deleted: bool
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceDiffEntries(Record):
    artifact_type: Literal["file", "directory", "symlink", "other"]
    cut: bool  # The text_patch goes on in the next part
    new_mode: Optional[str]  # Null when deleted
    old_mode: Optional[str]  # Octal, with the type: 100644; null when added
    path: str
    status: Literal["added", "modified", "deleted", "type_changed"]
    text_patch: Optional[str]  # Null for what is not UTF-8 text, is over 8 MiB, or cannot be said in a patch: a directory, permissions other than the executable bit, and what is in a .git. With --name-status always


@dataclass(frozen=True)
class WorkspaceDiffSummary(Record):
    added: int
    deleted: int
    modified: int
    non_text: int  # With --name-status 0, as what is text is not known
    text_patched: int
    total: int
    type_changed: int


@dataclass(frozen=True)
class WorkspaceDiff(Record):
    changed: bool
    entries: List[WorkspaceDiffEntries]  # Directories only when they are empty or their mode changed
    left_out: List[str]  # Paths that were not compared, nor what is below them: over 4,095 bytes long, or over 512 directories deep; the first 1,000
    left_out_count: int
    next_cursor: Optional[str]  # Null when there is no more
    patch: str  # All text_patches together, for git apply
    summary: WorkspaceDiffSummary
    truncated: bool  # There is more, beyond --max-chars
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"entries": WorkspaceDiffEntries, "summary": WorkspaceDiffSummary}


@dataclass(frozen=True)
class WorkspaceDiskExport(Record):
    bytes_written: int  # The image's size; it takes less where it is sparse
    disk_format: str  # ext4: a raw image
    output_path: str
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceDiskListEntries(Record):
    artifact_type: Literal["file", "directory", "symlink", "other"]  # other: a device, a socket or a FIFO
    link_target: Optional[str]  # Of a symlink
    mode: str  # Octal, with the type: 100644
    modified_at: float
    path: str  # Quoted as git does it, if it is not UTF-8
    size_bytes: int


@dataclass(frozen=True)
class WorkspaceDiskList(Record):
    artifact_type: Literal["file", "directory", "symlink", "other"]
    entries: List[WorkspaceDiskListEntries]  # Sorted by the bytes of their paths
    next_cursor: Optional[str]  # Null when there are no more
    path: str
    recursive: bool
    truncated: bool  # There are more, beyond --limit
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"entries": WorkspaceDiskListEntries}


@dataclass(frozen=True)
class WorkspaceDiskRead(Record):
    content: str  # Empty with --output
    left_bytes: int  # From there to the end
    max_bytes: Optional[int]  # Null: all of it
    next_offset: Optional[int]  # Where the next read begins; null when this one reached the end
    offset: int
    output_path: Optional[str]
    path: str
    size_bytes: int  # Of the whole file
    truncated: bool  # The file is longer than what is here
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceExec(Record):
    command: List[str]
    cwd: str
    duration_ms: int
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # 128+N when signal N ended it, 124 when it ran out of time; null while it runs
    left_behind: int  # Background processes that were killed when the command ended
    next_cursor: Optional[int]  # While it runs: where 'workspace command read' goes on
    sequence: int  # From 1, the number in the workspace's logs
    state: Literal["running", "ended"]  # With --detach, and when --max-wait-ms is over: running
    stderr: str  # The first MiB
    stderr_bytes: int
    stderr_truncated: bool
    stdout: str  # The first MiB
    stdout_bytes: int
    stdout_truncated: bool
    timed_out: bool
    timeout_seconds: int  # The limit that timed_out speaks of; 0: there is none
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceExport(Record):
    artifact_type: Literal["file", "directory", "symlink"]
    bytes_written: int  # The sizes of the files
    entry_count: int  # Files, directories and links; the exported directory itself is not counted
    execution_mode: Literal["guest_vm", "host_compat"]
    output_path: str
    skipped_count: int  # Sockets, FIFOs and devices below a directory; standard error names them
    workspace_id: str
    workspace_path: str


@dataclass(frozen=True)
class WorkspaceFileRead(Record):
    content: str  # Empty with --output
    execution_mode: Literal["guest_vm", "host_compat"]
    left_bytes: int  # From there to the end
    max_bytes: Optional[int]  # Null: all of it
    next_offset: Optional[int]  # Where the next read begins; null when this one reached the end
    offset: int
    output_path: Optional[str]
    path: str
    size_bytes: int  # Of the whole file
    truncated: bool  # The file is longer than what is here
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceFileWrite(Record):
    bytes_written: int
    execution_mode: Literal["guest_vm", "host_compat"]
    path: str
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceFork(Record):
    count: int
    forked_from: str  # The id of the workspace that they go on from
    workspaces: List[WorkspaceStatus]  # In the order of their numbers
    _nested: ClassVar[Mapping[str, Any]] = {"workspaces": WorkspaceStatus}


@dataclass(frozen=True)
class WorkspaceList(Record):
    count: int
    next_cursor: Optional[str]  # Null when there are no more
    spares: List[DoctorSpares]  # With --all; else empty
    truncated: bool  # There are more, beyond --limit
    workspaces: List[WorkspaceStatus]  # Most recent activity first
    _nested: ClassVar[Mapping[str, Any]] = {"spares": DoctorSpares, "workspaces": WorkspaceStatus}


@dataclass(frozen=True)
class WorkspaceLogsEntries(Record):
    command: List[str]
    cwd: str
    duration_ms: int
    error: Optional[str]  # Why the command was cut short
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: int
    recorded_at: float
    sequence: int  # From 1
    stderr: str  # The first MiB
    stderr_bytes: int
    stderr_truncated: bool
    stdout: str  # The first MiB
    stdout_bytes: int
    stdout_truncated: bool
    timed_out: bool
    timeout_seconds: int  # The limit that timed_out speaks of; 0: there was none


@dataclass(frozen=True)
class WorkspaceLogs(Record):
    count: int
    dropped_entries: int  # The oldest, which are no longer kept (see above)
    entries: List[WorkspaceLogsEntries]  # By sequence
    next_cursor: int  # Where to continue
    truncated: bool  # There are more, beyond --limit or 16 MiB of output
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"entries": WorkspaceLogsEntries}


@dataclass(frozen=True)
class WorkspacePatchApplyEntries(Record):
    path: str
    status: Literal["added", "modified", "deleted"]  # A renamed file is deleted and added


@dataclass(frozen=True)
class WorkspacePatchApplySummary(Record):
    added: int
    deleted: int
    modified: int
    total: int


@dataclass(frozen=True)
class WorkspacePatchApply(Record):
    changed: bool
    entries: List[WorkspacePatchApplyEntries]  # Sorted by the bytes of their paths
    execution_mode: Literal["guest_vm", "host_compat"]
    summary: WorkspacePatchApplySummary
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"entries": WorkspacePatchApplyEntries, "summary": WorkspacePatchApplySummary}


@dataclass(frozen=True)
class WorkspaceServiceList(Record):
    count: int
    running_count: int
    services: List[WorkspaceServiceStatus]  # By name
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"services": WorkspaceServiceStatus}


@dataclass(frozen=True)
class WorkspaceServiceLogs(Record):
    command: List[str]
    cwd: str
    ended_at: Optional[float]
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # 128+N when signal N ended it
    pid: Optional[int]  # In the guest, while it runs
    published_ports: List[WorkspaceServiceStatusPublishedPorts]
    readiness: Optional[WorkspaceServiceStatusReadiness]
    ready_at: Optional[float]
    service_name: str
    started_at: float
    state: Literal["starting", "running", "stopped", "exited", "failed"]
    stderr: str
    stderr_dropped_bytes: int
    stdout: str
    stdout_dropped_bytes: int  # With --all: bytes that the log no longer has
    stop_reason: Optional[str]  # Why it no longer runs, or is being ended
    tail_lines: Optional[int]  # Null with --all
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"published_ports": WorkspaceServiceStatusPublishedPorts, "readiness": WorkspaceServiceStatusReadiness}


@dataclass(frozen=True)
class WorkspaceShellClose(Record):
    attention: WorkspaceStatusAttention
    cols: int
    cwd: str  # Where it was opened
    ended_at: Optional[float]
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # 128+N when signal N ended it; null while it runs, or when it ended with its VM
    rows: int
    shell_id: str
    started_at: float
    state: Literal["running", "stopped"]
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"attention": WorkspaceStatusAttention}


@dataclass(frozen=True)
class WorkspaceShellList(Record):
    count: int
    shells: List[WorkspaceShellClose]  # In the order they were opened
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"shells": WorkspaceShellClose}


@dataclass(frozen=True)
class WorkspaceShellRead(Record):
    alt_screen: bool  # It ends inside a full-screen program: --screen shows that
    asks: Optional[bool]  # Whether a program in it does; null without --wait-for-input
    at_prompt: Optional[bool]  # Whether the shell waits for input; null unless the read waited for that
    attention: WorkspaceStatusAttention
    cols: int
    cursor: int
    cwd: str  # Where it was opened
    dropped_bytes: int  # Skipped because the log no longer has them
    ended_at: Optional[float]
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # 128+N when signal N ended it; null while it runs, or when it ended with its VM
    next_cursor: int  # Where the next read begins; with --screen the end of the log
    output: str  # Empty with --screen
    plain: bool
    rows: int
    screen: Optional[RenderScreen]  # With --screen
    shell_id: str
    started_at: float
    state: Literal["running", "stopped"]
    truncated: bool  # There is more than --max-chars let through
    wait_for_idle_ms: Optional[int]
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"attention": WorkspaceStatusAttention, "screen": RenderScreen}


@dataclass(frozen=True)
class WorkspaceShellRecord(Record):
    bytes_written: int
    dropped_bytes: int
    duration_seconds: float  # Of svg and html: with pauses cut to two seconds
    event_count: int  # Of svg and html: frames
    format: Literal["cast", "svg", "html"]
    output_path: str
    shell_id: str
    truncated: bool  # It reached the format's limit (svg: about 4 MiB, html: 32)
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceShellWrite(Record):
    append_newline: bool
    attention: WorkspaceStatusAttention
    cols: int
    cwd: str  # Where it was opened
    ended_at: Optional[float]
    execution_mode: Literal["guest_vm", "host_compat"]
    exit_code: Optional[int]  # 128+N when signal N ended it; null while it runs, or when it ended with its VM
    input_length: int  # Bytes of the input, without the newline
    pasted: Optional[bool]  # With --paste: whether it was one; if not, it was typed line by line
    rows: int
    shell_id: str
    started_at: float
    state: Literal["running", "stopped"]
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"attention": WorkspaceStatusAttention}


@dataclass(frozen=True)
class WorkspaceSnapshotCreate(Record):
    bytes_written: int  # What it takes on the host, beyond the layers it is based on
    created_at: float
    deletable: bool
    kind: Literal["baseline", "named", "memory"]
    memory_bytes: Optional[int]  # What its memory takes, of one that has it
    pause_ms: Optional[float]  # How long the machine stood still for its memory
    snapshot_name: str
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceSnapshotDelete(Record):
    deleted: bool
    snapshot_name: str
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceSnapshotListSnapshots(Record):
    bytes_written: int  # What it takes on the host, beyond the layers it is based on
    created_at: float
    deletable: bool
    kind: Literal["baseline", "named", "memory"]
    memory_bytes: Optional[int]  # What its memory takes, of one that has it
    snapshot_name: str


@dataclass(frozen=True)
class WorkspaceSnapshotList(Record):
    count: int
    snapshots: List[WorkspaceSnapshotListSnapshots]  # The baseline, then the others by age
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"snapshots": WorkspaceSnapshotListSnapshots}


@dataclass(frozen=True)
class WorkspaceStatsWorkspaces(Record):
    cpu: Optional[float]  # Share of one processor since the look before; null when that was of another machine
    cpu_seconds: float  # Processor time since its processes started
    disk_bytes: int  # What its disk and snapshots take on this host
    memory_bytes: int  # Without the pages that it shares with other machines
    name: Optional[str]
    network_received_bytes: int  # Frames since the machine started
    network_sent_bytes: int
    running_command_count: int
    running_service_count: int
    shell_count: int
    state: Literal["created", "started", "suspended", "stopped", "failed"]
    workspace_id: str


@dataclass(frozen=True)
class WorkspaceStats(Record):
    count: int
    time: float  # When it was looked
    workspaces: List[WorkspaceStatsWorkspaces]
    _nested: ClassVar[Mapping[str, Any]] = {"workspaces": WorkspaceStatsWorkspaces}


@dataclass(frozen=True)
class WorkspaceSummaryChanged(Record):
    path: str
    status: str


@dataclass(frozen=True)
class WorkspaceSummaryChanges(Record):
    added: int
    deleted: int
    modified: int
    total: int
    type_changed: int


@dataclass(frozen=True)
class WorkspaceSummaryCommands(Record):
    command: str  # As a shell reads it
    exit_code: Optional[int]  # Null while it runs
    sequence: int


@dataclass(frozen=True)
class WorkspaceSummaryRunning(Record):
    id: str  # The sequence, shell_id or service_name
    kind: Literal["command", "shell", "service"]
    text: str  # The command, or the shell's directory


@dataclass(frozen=True)
class WorkspaceSummary(Record):
    attention: Literal["none", "waits", "finished", "failed", "asks"]
    changed: List[WorkspaceSummaryChanged]  # The first of them
    changes: Optional[WorkspaceSummaryChanges]  # In /workspace since create
    changes_error: Optional[str]  # Why there are none
    command_count: int
    commands: List[WorkspaceSummaryCommands]  # The last ones, the newest first
    environment: Optional[str]
    last_error: Optional[str]
    name: Optional[str]
    network_policy: Literal["off", "egress", "egress+published-ports"]
    reason: Optional[str]  # What asks, failed, finished or waits
    running: List[WorkspaceSummaryRunning]  # Some of them
    running_count: int
    state: str
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"changed": WorkspaceSummaryChanged, "changes": WorkspaceSummaryChanges, "commands": WorkspaceSummaryCommands, "running": WorkspaceSummaryRunning}


@dataclass(frozen=True)
class WorkspaceSyncPushWorkspaceSync(Record):
    bytes_written: int  # The sizes of the files
    destination: str
    entry_count: int  # Files, directories and links
    mode: Literal["directory", "tar_archive"]
    skipped_count: int  # Sockets, FIFOs and devices; standard error names them
    source_path: str


@dataclass(frozen=True)
class WorkspaceSyncPush(Record):
    execution_mode: Literal["guest_vm", "host_compat"]
    workspace_id: str
    workspace_sync: WorkspaceSyncPushWorkspaceSync
    _nested: ClassVar[Mapping[str, Any]] = {"workspace_sync": WorkspaceSyncPushWorkspaceSync}


@dataclass(frozen=True)
class WorkspaceTimelineEntries(Record):
    by: Optional[Literal["cli", "interface", "mcp", "api"]]  # Who typed it
    duration_ms: Optional[int]
    event: Literal["created", "started", "stopped", "failed", "exec_started", "exec_ended", "shell_opened", "shell_ended", "input", "files", "service", "attention", "network", "snapshot", "reset", "forked", "commit", "suspended", "resumed"]
    exit_code: Optional[int]
    hidden: bool  # Something was typed that is not kept: the terminal did not show it
    id: Optional[str]  # Of the shell, service, snapshot, environment or other workspace; the sequence of a command
    number: int  # It only grows
    offset: Optional[int]  # The place in the shell's log: a cursor to read at
    secrets: List[str]  # The names of those that it was given
    state: Optional[str]  # Of a service, of attention; what became of it
    text: Optional[str]  # The command, what was typed, the path, the reason; null when it is not kept
    time: float


@dataclass(frozen=True)
class WorkspaceTimeline(Record):
    count: int
    entries: List[WorkspaceTimelineEntries]  # The oldest first
    next_cursor: Optional[str]  # Null when there are no more
    truncated: bool  # There are more, beyond --limit
    workspace_id: str
    _nested: ClassVar[Mapping[str, Any]] = {"entries": WorkspaceTimelineEntries}


EnvInspect = EnvImport
EnvPull = EnvImport
WorkspaceCommandWait = WorkspaceCommandKill
WorkspaceCreate = WorkspaceStatus
WorkspaceFileList = WorkspaceDiskList
WorkspaceHold = WorkspaceStatus
WorkspaceReset = WorkspaceStatus
WorkspaceServiceStart = WorkspaceServiceStatus
WorkspaceServiceStop = WorkspaceServiceStatus
WorkspaceShellResize = WorkspaceShellClose
WorkspaceShellSignal = WorkspaceShellClose
WorkspaceStart = WorkspaceStatus
WorkspaceStop = WorkspaceStatus
WorkspaceSuspend = WorkspaceStatus
WorkspaceUpdate = WorkspaceStatus
WorkspaceWait = WorkspaceStatus
