/* tests/support/story_objects.h - small traces in which objects are used, told as the
 * lessons tell them: always the same, to the nanosecond */
#ifndef TESTS_SUPPORT_STORY_OBJECTS_H
#define TESTS_SUPPORT_STORY_OBJECTS_H

/* Each replaces a file that exists. 0, or -1 and the reason is printed. */

/* A, B and C take the lock "door" in turn; the two others wait meanwhile */
int story_lock(const char *path);
/* A has "pan" and wants "oil", B the other way round, main joins A: a ring; at
 * 2 s all are killed */
int story_ring(const char *path);
/* "holder" is terminated while it has the lock "door" that "waiter" wants */
int story_dead_holder(const char *path);
/* A child puts 20 items of 10,000 bytes into the queue "shelf"; its feeder gets stuck,
 * and main takes them only after 600 ms */
int story_queue(const char *path);
/* A and B both read 41 in the Value "counter", and both write 42; then they write into
 * the Array "squares", once so close together that there is no room for both */
int story_values(const char *path);

/* story_pool.c: the pool "kitchen" with two workers, each for two tasks. Of eight, 1 and
 * 4 go well, 2 and 3 fail and nobody asks for 2, 5 is lost with its worker, 6 and 7 are
 * cut off, and 8 is dropped, when at 800 ms the pool is terminated. */
int story_pool(const char *path);

#endif
