# tests/slurm/cluster.sh: a Slurm of one's own on this host: slurmctld and slurmd for three nodes n1 to n3, munged, with
# their own directories and ports, and without systemd or root's configuration. Sourced.
#
#   begin_cluster   exports SLURM_CONF; the nodes are idle when it returns
#   end_cluster     ends all of it
cluster=$TEST_DIR/cluster

# A requeued job begins once the credentials of its first run have expired: cred_expire, two minutes if nobody says.
write_configuration() {
    local host
    host=$(hostname)
    free_ports 4
    cat >"$cluster/slurm.conf" <<EOF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket,cred_expire=20
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/%n.log
MpiDefault=none
ReturnToService=2
KillWait=30
MinJobAge=3600
SlurmdTimeout=300
JobRequeue=1
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=$(nproc) RealMemory=4000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=$(nproc) RealMemory=4000
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[3]} CPUs=$(nproc) RealMemory=4000
PartitionName=all Nodes=n1,n2,n3 Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:8
EOF
}

nodes_are_idle() {
    [[ $(sinfo -h -N -o '%N %t' 2>/dev/null) == $'n1 idle\nn2 idle\nn3 idle' ]]
}

begin_cluster() {
    mkdir -p "$cluster"/{munge,state,n1,n2,n3}
    chmod 755 "$TEST_DIR" "$cluster" "$cluster/munge" # munged insists
    head -c 1024 /dev/urandom >"$cluster/munge.key"
    chmod 400 "$cluster/munge.key"
    munged --force --key-file="$cluster/munge.key" --socket="$cluster/munge/socket" \
        --pid-file="$cluster/munge/pid" --log-file="$cluster/munge/log" --seed-file="$cluster/munge/seed"
    write_configuration
    export SLURM_CONF=$cluster/slurm.conf
    slurmctld -c
    slurmd -N n1
    slurmd -N n2
    slurmd -N n3
    wait_for 60 nodes_are_idle
}

end_cluster() {
    local file
    scancel --full --state=RUNNING --user="$(id -un)" 2>/dev/null
    scancel --user="$(id -un)" 2>/dev/null
    no_jobs() { [[ -z $(squeue -h) ]]; }
    wait_for 120 no_jobs
    for file in "$cluster"/{n1,n2,n3,slurmctld}.pid "$cluster/munge/pid"; do
        [[ -s $file ]] && kill_process "$(cat "$file")"
    done
}
