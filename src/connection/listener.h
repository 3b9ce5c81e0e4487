/* connection/listener.h - what Listener and Client share */
#ifndef MP_CONNECTION_LISTENER_H
#define MP_CONNECTION_LISTENER_H

#include <sys/socket.h>
#include <sys/un.h>

#include "connection/connection.h"

struct mp_listener {
	int fd;			/* -1: closed */
	uint32_t id;		/* in the trace */
	pid_t creator;		/* only this process removes the file */
	char *address;		/* as it was asked for */
	char *folder;		/* made for the socket alone; NULL: none */
	void *authkey;		/* NULL: no challenge */
	size_t authkey_size;
	struct mp_listener *next;
};

/* mp__address_make - what the system wants for an address; MP_EVALUE: none, too long */
int mp__address_make(const char *text, struct sockaddr_un *address,
		     socklen_t *size);

#endif
