/* sandbox_landlock: see sandbox.h. */
#ifndef MONITOR_SANDBOX_LANDLOCK_H
#define MONITOR_SANDBOX_LANDLOCK_H

/* No file can be touched from now on, no TCP port used, no process outside be
 * signalled, as far as this kernel knows how. The ABI, or 0 when the kernel has
 * no Landlock. no_new_privs must be set. */
int sandbox_landlock(void);

#endif
