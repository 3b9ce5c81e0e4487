/* tests/support/stranger.h - clients of a manager that speak its wire by themselves */
#ifndef TESTS_SUPPORT_STRANGER_H
#define TESTS_SUPPORT_STRANGER_H

#include "managers/managers.h"
#include "tests/support/managed.h"

/* A checked fixture: a manager, and a list of one item in it. */
extern struct mp_proxy *list;
void stranger_begin(void);
void stranger_end(void);

/* A connection to the server, before a word is said. */
int knock(void);
/* One that knows the key, and has said who it is. */
int come_in(void);

void send_request(int fd, struct mp__request head, const void *bytes);
/* Read a reply, and return its code. */
int code_of_reply(int fd);

/* The server closes the connection, after whatever it has to say. */
void assert_closed(int fd);
/* The list is there, and is all there is. */
void assert_serves(void);

#endif
