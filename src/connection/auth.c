#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>
#include <sys/random.h>

#include "base/digest.h"
#include "base/error.h"
#include "connection/connection.h"
#include "probe/probe.h"

/* The handshake of multiprocessing.connection. The one who challenges sends
 * "#CHALLENGE#" and a message; the other answers with a keyed digest of it; then comes
 * "#WELCOME#" or "#FAILURE#". From CPython 3.12 on the message begins with the name
 * of the digest, "{sha256}", and so does the answer, and the digest covers the
 * name. Until 3.11 there was only MD5, without a name; such a partner digests our
 * message, name and all, with MD5, and its own message is 20 bytes long. */

#define CHALLENGE "#CHALLENGE#"
#define WELCOME "#WELCOME#"
#define FAILURE "#FAILURE#"
#define NAME "{sha256}"
#define RANDOM_BYTES 40
#define OLD_MESSAGE 20
#define LONGEST MP__AUTH_LONGEST
#define PATIENCE 20.0			/* seconds for each step */
#define SIZE(literal) (sizeof(literal) - 1)

static int refuse(const struct mp__auth_way *way, const char *why)
{
	if (way->object)
		mp__record(TRACE_AUTH_FAIL, way->object, 0, 0);
	return mp__fail(MP_EAUTH, "%s", why);
}

static void succeed(const struct mp__auth_way *way)
{
	if (way->object)
		mp__record(TRACE_AUTH_OK, way->object, 0, 0);
}

/* ---- messages ---- */

static int tell(const struct mp__auth_way *way, const void *bytes, size_t size)
{
	int err = way->send(way->user, bytes, size, mp_after(PATIENCE));

	return err == MP_ETIMEOUT
		       ? refuse(way, "the other side does not listen")
		       : err;
}

/* Whoever is there may be anybody: take in little, and do not wait for ever. */
static int hear(const struct mp__auth_way *way, unsigned char *bytes,
		size_t *size)
{
	int err = way->receive(way->user, bytes, size, mp_after(PATIENCE));

	return err == MP_ETIMEOUT
		       ? refuse(way, "the other side does not answer")
		       : err;
}

static bool begins_with(const unsigned char *bytes, size_t size,
			const char *text)
{
	return size >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

/* ---- challenge ---- */

static bool is_right(const void *key, size_t key_size,
		     const unsigned char *message, size_t size,
		     const unsigned char *answer, size_t answer_size)
{
	const struct mp__digest *digest = &mp__md5;
	unsigned char expected[MP__DIGEST_MAX];

	if (begins_with(answer, answer_size, NAME)) {
		digest = &mp__sha256;
		answer += SIZE(NAME);
		answer_size -= SIZE(NAME);
	} else if (begins_with(answer, answer_size, "{md5}")) {
		answer += SIZE("{md5}");
		answer_size -= SIZE("{md5}");
	}
	mp__hmac(digest, key, key_size, message, size, expected);
	return answer_size == digest->size
	       && mp__digest_equal(expected, answer, digest->size);
}

int mp__auth_challenge_on(const struct mp__auth_way *way, const void *key,
			  size_t key_size)
{
	unsigned char sent[SIZE(CHALLENGE NAME) + RANDOM_BYTES];
	unsigned char answer[LONGEST] = { 0 };
	unsigned char *message = sent + SIZE(CHALLENGE);
	size_t size = 0;

	memcpy(sent, CHALLENGE NAME, SIZE(CHALLENGE NAME));
	if (getrandom(message + SIZE(NAME), RANDOM_BYTES, 0) != RANDOM_BYTES)
		return mp__fail_errno("no random bytes for a challenge");
	int err = tell(way, sent, sizeof(sent));
	if (err == 0)
		err = hear(way, answer, &size);
	if (err < 0)
		return err;
	if (!is_right(key, key_size, message, sizeof(sent) - SIZE(CHALLENGE),
		      answer, size)) {
		tell(way, FAILURE, SIZE(FAILURE));
		return refuse(way, "digest received was wrong");
	}
	err = tell(way, WELCOME, SIZE(WELCOME));
	if (err == 0)
		succeed(way);
	return err;
}

/* ---- answer ---- */

/* Returns how long the answer is; 0: a digest we do not have. */
static size_t make_answer(const void *key, size_t key_size,
			  const unsigned char *message, size_t size,
			  unsigned char *answer)
{
	if (begins_with(message, size, NAME)) {
		memcpy(answer, NAME, SIZE(NAME));
		mp__hmac(&mp__sha256, key, key_size, message, size,
			 answer + SIZE(NAME));
		return SIZE(NAME) + mp__sha256.size;
	}
	if (size == OLD_MESSAGE) {
		mp__hmac(&mp__md5, key, key_size, message, size, answer);
		return mp__md5.size;
	}
	if (begins_with(message, size, "{md5}")) {
		memcpy(answer, "{md5}", SIZE("{md5}"));
		mp__hmac(&mp__md5, key, key_size, message, size,
			 answer + SIZE("{md5}"));
		return SIZE("{md5}") + mp__md5.size;
	}
	return 0;
}

int mp__auth_answer_on(const struct mp__auth_way *way, const void *key,
		       size_t key_size)
{
	unsigned char heard[LONGEST], answer[SIZE(NAME) + MP__DIGEST_MAX];
	size_t size, answer_size;
	int err = hear(way, heard, &size);

	if (err < 0)
		return err;
	if (!begins_with(heard, size, CHALLENGE)
	    || size < SIZE(CHALLENGE) + OLD_MESSAGE)
		return refuse(way, "the other side does not challenge "
					  "us as expected");
	answer_size = make_answer(key, key_size, heard + SIZE(CHALLENGE),
				  size - SIZE(CHALLENGE), answer);
	if (answer_size == 0)
		return refuse(way, "the other side wants a digest that "
					  "is not supported");
	err = tell(way, answer, answer_size);
	if (err == 0)
		err = hear(way, heard, &size);
	if (err < 0)
		return err;
	if (size != SIZE(WELCOME) || memcmp(heard, WELCOME, size) != 0)
		return refuse(way, "digest sent was rejected");
	succeed(way);
	return 0;
}

/* ---- on a connection ---- */

static int send_frame(void *user, const void *bytes, size_t size,
		      mp_deadline until)
{
	return mp__frame_send(user, bytes, size, until);
}

static int receive_frame(void *user, unsigned char *bytes, size_t *size,
			 mp_deadline until)
{
	struct mp__incoming in = { .connection = user, .max = LONGEST,
				   .into = bytes, .into_size = LONGEST };
	int err = mp__frame_receive(&in, until);

	*size = in.size;
	mp__frame_free(&in);
	return err;
}

static struct mp__auth_way way_of(struct mp_connection *connection)
{
	return (struct mp__auth_way){
		.user = connection,
		.send = send_frame,
		.receive = receive_frame,
		.object = connection->id,
	};
}

int mp__auth_challenge(struct mp_connection *connection, const void *key,
		       size_t key_size)
{
	struct mp__auth_way way = way_of(connection);

	return mp__auth_challenge_on(&way, key, key_size);
}

int mp__auth_answer(struct mp_connection *connection, const void *key,
		    size_t key_size)
{
	struct mp__auth_way way = way_of(connection);

	return mp__auth_answer_on(&way, key, key_size);
}
