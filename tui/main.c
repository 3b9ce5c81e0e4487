#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/command.h"

int main(int argc, char **argv)
{
	return ui_command_main(argc, argv);
}
