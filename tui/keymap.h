/* tui/keymap.h - keys, actions, and which key does what in which view */
#ifndef UI_KEYMAP_H
#define UI_KEYMAP_H

#include <stddef.h>

/* A key is a Unicode character (Ctrl-A is 1, Esc 27), or one of these. */
enum ui_key {
	UI_KEY_NONE = -1,
	UI_KEY_FIRST = 0x110000,
	UI_KEY_UP, UI_KEY_DOWN, UI_KEY_LEFT, UI_KEY_RIGHT,
	UI_KEY_SHIFT_LEFT, UI_KEY_SHIFT_RIGHT,
	UI_KEY_HOME, UI_KEY_END, UI_KEY_PAGE_UP, UI_KEY_PAGE_DOWN,
	UI_KEY_BACKTAB, UI_KEY_BACKSPACE, UI_KEY_ENTER, UI_KEY_DELETE,
	UI_KEY_F1, UI_KEY_F4 = UI_KEY_F1 + 3, UI_KEY_F12 = UI_KEY_F1 + 11,
	UI_KEY_MOUSE,		/* where: see struct ui_input */
	UI_KEY_EOF		/* the terminal is gone */
};

enum ui_where {
	UI_IN_MENU = 1, UI_IN_LESSON = 2, UI_IN_STAGE = 4, UI_IN_EVENTS = 8,
	UI_IN_TEXT = 16,	/* views that are one long text */
	UI_IN_TRACE = UI_IN_STAGE | UI_IN_EVENTS | UI_IN_TEXT,
	UI_IN_LISTS = UI_IN_MENU | UI_IN_LESSON | UI_IN_EVENTS | UI_IN_TEXT,
	UI_EVERYWHERE = UI_IN_TRACE | UI_IN_LISTS
};

enum ui_action {
	UI_ACTION_NONE,
#define UI_ACTION(symbol, keys, where, rank, section, hint, help) \
	UI_ACTION_##symbol,
#include "tui/actions.def"
#undef UI_ACTION
	UI_ACTION_COUNT
};

#define UI_RANKS 3

struct ui_action_row {
	const char *keys, *section, *hint, *help;
	unsigned where;		/* enum ui_where */
	int rank;		/* of the hint */
};
const struct ui_action_row *ui_action_row(enum ui_action action);

/* What a key does in a view; UI_ACTION_NONE if nothing. */
enum ui_action ui_keymap_find(int key, enum ui_where where);

/* The key of a name as in actions.def; UI_KEY_NONE if there is none. `name` need
 * not end after `length` bytes. */
int ui_key_named(const char *name, size_t length);

/* Walks through a row's keys: returns the next name and its length, NULL at the
 * end. Begin with *at = row->keys. */
const char *ui_keys_next(const char **at, size_t *length);

#endif
