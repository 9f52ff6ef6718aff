/*
 * A machine that is there before it is asked for. Its supervisor restores it, lets it begin under
 * the names that it will keep (its own id and machine-id), has it run one command, so that what
 * both need is translated and in memory, and pauses it. Whoever creates a workspace may then claim
 * it: the one supervisor answers, so only one claimant gets it. It begins again, with new random
 * numbers, the time, and the claimant's name and secrets.
 *
 * Its record is that of a workspace which is removed with its supervisor, until the claim: a spare
 * whose supervisor was killed is swept like a `run`.
 */
#ifndef PYRO_SUPERVISOR_SPARE_H
#define PYRO_SUPERVISOR_SPARE_H

#include "engine/supervisor/supervisor.h"

/* Before the machine is started. `begin` lets its guest begin, the second time too. */
bool spare_new(struct supervisor *s, void (*begin)(struct supervisor *s),
               struct pyro_error *err) MUST_CHECK;
/* Its guest has begun. True: it goes on from here by itself, and nothing is served yet. */
bool spare_begun(struct supervisor *s);
/*
 * {"op": "claim", "place": OBJECT, "environment": NAME, "environment_digest": TEXT, "vcpu_count": N,
 * "mem_mib": N, "network": BOOL}: the message {} when it is the claimant's, who then may write the
 * secrets and sends {name, labels, env, ttl_seconds, suspend_after_idle, network_policy, ephemeral, throw_away,
 * secrets}. The message {} says that the record has that, and the end {} that the workspace is served. A claimant
 * that goes away before it has sent its message ends the machine.
 */
supervisor_op_fn spare_op_claim;
/* The machine ends. */
void spare_end(struct supervisor *s, const struct pyro_error *why);

#endif
