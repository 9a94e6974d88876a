/* What a builder may not ask of the kernel. */
#ifndef TENON_FILTER_H
#define TENON_FILTER_H

/* Installs the system call filter. Needs no-new-privileges or CAP_SYS_ADMIN. */
void install_filter(void);

/* Refuses connections to abstract Unix sockets outside, where the kernel can (6.12). */
void scope_abstract_sockets(void);

#endif
