/*
 * The rate of the host's time stamp counter, which an emulated guest sees as its own.
 *
 * A guest that is not told it (tsc_early_khz=) measures it against an emulated timer. On a busy
 * host, and with a newer QEMU on an idle one too, that fails ("could not calculate TSC khz"), and
 * the guest hangs in early boot. Under KVM the guest is told by KVM itself (kvm-clock), and
 * exactly: a measured value would only make its clock drift, so it is left out.
 */
#ifndef PYRO_TSC_H
#define PYRO_TSC_H

/* In kHz, never 0; busy for 20 ms, a few times that on a host that keeps interrupting. */
unsigned long tsc_khz(void);

#endif
