#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/keymap.h"

#include <string.h>

#include "traces/i18n.h"
#include "tui/buffer.h"

static const struct ui_action_row rows[UI_ACTION_COUNT] = {
	[UI_ACTION_NONE] = { .keys = "", .section = "", .hint = "", .help = "" },
#define UI_ACTION(symbol, keys, where, rank, section, hint, help) \
	[UI_ACTION_##symbol] = { keys, section, hint, help, where, rank },
#include "tui/actions.def"
#undef UI_ACTION
};

static const struct {
	const char *name;
	int key;
} named[] = {
	{ "Space", ' ' }, { "Tab", '\t' }, { "Esc", 27 },
	{ "Enter", UI_KEY_ENTER }, { "Backspace", UI_KEY_BACKSPACE },
	{ "BackTab", UI_KEY_BACKTAB }, { "Up", UI_KEY_UP },
	{ "Down", UI_KEY_DOWN }, { "Left", UI_KEY_LEFT },
	{ "Right", UI_KEY_RIGHT }, { "Shift-Left", UI_KEY_SHIFT_LEFT },
	{ "Shift-Right", UI_KEY_SHIFT_RIGHT }, { "Home", UI_KEY_HOME },
	{ "End", UI_KEY_END }, { "PgUp", UI_KEY_PAGE_UP },
	{ "PgDn", UI_KEY_PAGE_DOWN }, { "F1", UI_KEY_F1 },
	{ "F4", UI_KEY_F4 },
};

const struct ui_action_row *ui_action_row(enum ui_action action)
{
	return &rows[action];
}

int ui_key_named(const char *name, size_t length)
{
	size_t used;
	int key;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (strlen(named[i].name) == length &&
		    memcmp(named[i].name, name, length) == 0)
			return named[i].key;
	if (length == 6 && memcmp(name, "Ctrl-", 5) == 0)
		return name[5] & 31;
	if (length == 0)
		return UI_KEY_NONE;
	key = (int)ui_decode(name, length, &used);
	return used == length ? key : UI_KEY_NONE;
}

const char *ui_keys_next(const char **at, size_t *length)
{
	const char *start = *at + strspn(*at, " ");

	*length = strcspn(start, " ");
	*at = start + *length;
	return *length ? start : NULL;
}

enum ui_action ui_keymap_find(int key, enum ui_where where)
{
	for (int action = 1; action < UI_ACTION_COUNT; action++) {
		const char *at = rows[action].keys, *name;
		size_t length;

		if (!(rows[action].where & where))
			continue;
		while ((name = ui_keys_next(&at, &length)))
			if (ui_key_named(name, length) == key)
				return (enum ui_action)action;
	}
	return UI_ACTION_NONE;
}
