#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/command.h"
#include "tui/print.h"
#include "tui/say.h"

static const struct ui_option table[] = {
#define UI_COMMAND(...)
#define UI_OPTION(command, symbol, letter, name, argument, help) \
	{ UI_CMD_##command, UI_OPT_##symbol, letter, name, argument, help },
#include "tui/commands.def"
#undef UI_COMMAND
#undef UI_OPTION
	{ -1, UI_OPT_HELP, 'h', "help", "", N_("say how it is used, and end") },
	{ -1, UI_OPT_VERSION, 'V', "version", "", N_("say which version this is, and end") },
};
#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

const struct ui_option *ui_option_each(enum ui_command_id command,
				       size_t *place)
{
	while (*place < TABLE_SIZE) {
		const struct ui_option *o = &table[(*place)++];
		if (o->command == -1 || o->command == (int)command)
			return o;
	}
	return NULL;
}

/* ---- reading the command line ---- */

/* The command's options as getopt_long wants them; `val` is the place in our
 * table plus LONG, so that it differs from every letter. */
#define LONG 256

struct grammar {
	char letters[3 * TABLE_SIZE + 3];
	struct option options[TABLE_SIZE + 1];
};

static int argument_kind(const struct ui_option *o)
{
	if (!o->argument[0])
		return no_argument;
	return o->argument[0] == '[' ? optional_argument : required_argument;
}

static void make_grammar(enum ui_command_id command, struct grammar *g)
{
	const struct ui_option *o;
	size_t place = 0, count = 0;
	/* Behind the first operand of `record` come the program's own. ':'
	 * tells a missing argument from an unknown option. */
	char *letters = stpcpy(g->letters,
			       command == UI_CMD_record ? "+:" : ":");

	while ((o = ui_option_each(command, &place))) {
		g->options[count++] = (struct option){
			o->name, argument_kind(o), NULL,
			LONG + (int)(o - table)
		};
		if (!o->letter)
			continue;
		*letters++ = o->letter;
		if (argument_kind(o) == required_argument)
			*letters++ = ':';
		*letters = '\0';
	}
	g->options[count] = (struct option){ 0 };
}

static const struct ui_option *option_of(enum ui_command_id command, int val)
{
	const struct ui_option *o;
	size_t place = 0;

	if (val >= LONG)
		return &table[val - LONG];
	while (val && (o = ui_option_each(command, &place)))
		if (o->letter == val)
			return o;
	return NULL;
}

static int complain_unknown(const struct grammar *g, const char *word)
{
	const char *names[TABLE_SIZE + 1];
	size_t count = 0, length = strcspn(word, "=");

	if (strncmp(word, "--", 2) != 0)
		return ui_misused(_("there is no option %.2s"), word);
	for (; g->options[count].name; count++)
		names[count] = g->options[count].name;
	names[count] = NULL;
	char *name = ui_strndup(word + 2, length > 2 ? length - 2 : 0);
	const char *near = ui_nearest(name, names);
	if (near)
		ui_misused(_("there is no option --%s; did you mean --%s?"),
			   name, near);
	else
		ui_misused(_("there is no option --%s"), name);
	free(name);
	return UI_USAGE;
}

static int complain(enum ui_command_id command, const struct grammar *g,
		    int problem, char **argv)
{
	const struct ui_option *o = option_of(command, optopt);

	if (problem == ':' && o)
		return ui_misused(_("option --%s needs %s"), o->name,
				  o->argument);
	if (o && optopt >= LONG)
		return ui_misused(_("option --%s takes no argument"), o->name);
	if (optopt && optopt < LONG)
		return ui_misused(_("there is no option -%c"), optopt);
	return complain_unknown(g, argv[optind - 1]);
}

static void note(struct ui_arguments *out, const struct ui_option *o,
		 char *value)
{
	if (o->id == UI_OPT_SET) {
		out->settings = ui_realloc(out->settings,
					   (out->setting_count + 2)
						   * sizeof(char *));
		out->settings[out->setting_count++] = value;
		out->settings[out->setting_count] = NULL;
	}
	out->values[o->id] = value ? value : "";
}

/* "[--] PROGRAM [ARGUMENT]...": what must be there is PROGRAM. */
static int complain_of_missing(const char *operands)
{
	const char *name = operands + strcspn(operands,
					      "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return ui_misused(_("%.*s is missing"),
			  (int)strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
			  name);
}

static int check_operands(const struct ui_arguments *a)
{
	const struct ui_command *c = ui_command(a->command);

	if (a->values[UI_OPT_HELP] || a->values[UI_OPT_VERSION])
		return UI_OK;
	if (a->operand_count < c->least)
		return complain_of_missing(c->operands);
	if (c->most >= 0 && a->operand_count > c->most)
		return ui_misused(_("\"%s\" is too much"),
				  a->operands[c->most]);
	return UI_OK;
}

int ui_options_parse(enum ui_command_id command, int argc, char **argv,
		     struct ui_arguments *out)
{
	struct grammar g;
	int val;

	*out = (struct ui_arguments){ .command = command };
	make_grammar(command, &g);
	opterr = 0;
	optind = 0;	/* begin anew, also after an earlier call */
	while ((val = getopt_long(argc, argv, g.letters, g.options, NULL))
	       != -1) {
		if (val == '?' || val == ':')
			return complain(command, &g, val, argv);
		note(out, option_of(command, val), optarg);
	}
	out->operands = argv + optind;
	out->operand_count = argc - optind;
	return check_operands(out);
}

void ui_arguments_finish(struct ui_arguments *a)
{
	free(a->settings);
	a->settings = NULL;
}

/* ---- --help ---- */

static void print_option(FILE *out, const struct ui_option *o)
{
	char letter[8] = "    ";
	const char *argument = o->argument;

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	char *left = ui_format("  %s--%s%s%s", letter, o->name,
			       argument[0] && argument[0] != '[' ? "=" : "",
			       argument);
	ui_print(out, left, 28, _(o->help));
	free(left);
}

static void print_commands(FILE *out)
{
	fprintf(out, "\n%s\n", _("Commands:"));
	for (int i = 0; i < UI_COMMAND_COUNT; i++) {
		const struct ui_command *c = ui_command(i);
		if (!c->name[0])
			continue;
		char *name = ui_format("  %s", c->name);
		ui_print(out, name, 12, _(c->summary));
		free(name);
	}
}

void ui_options_help(enum ui_command_id command, FILE *out)
{
	const struct ui_command *c = ui_command(command);
	const struct ui_option *o;
	size_t place = 0;

	fprintf(out, _("Usage: forkscope%s%s [OPTION]...%s%s\n"),
		c->name[0] ? " " : "", c->name, c->operands[0] ? " " : "",
		c->operands);
	if (!c->name[0])
		fprintf(out, _("  or:  forkscope COMMAND [OPTION]... "
			       "[OPERAND]...\n"));
	char *summary = ui_strdup(_(c->summary));
	summary[0] = (char)toupper((unsigned char)summary[0]);
	ui_print(out, NULL, 0, summary);
	free(summary);
	if (c->more[0]) {
		fputc('\n', out);
		ui_print(out, NULL, 0, _(c->more));
	}
	if (!c->name[0])
		print_commands(out);
	fprintf(out, "\n%s\n", _("Options:"));
	while ((o = ui_option_each(command, &place)))
		print_option(out, o);
	if (!c->name[0])
		fprintf(out, "\n%s\n", _("`forkscope COMMAND --help` tells more "
					 "about a command; see also "
					 "forkscope(1)."));
}
