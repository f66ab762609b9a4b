/* inkan: the command line and the service, which do not know each other. */
#include "cli/run.h"
#include "server/supervisor.h"

int main(int argc, char **argv)
{
	return cli_run(argc, argv, server_run);
}
