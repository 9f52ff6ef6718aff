/* Forced into every file by the Makefile: calls that cannot be used safely do not compile. */
#ifndef PYRO_BANNED_H
#define PYRO_BANNED_H
#ifndef PYRO_ALLOW_BANNED
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets atoi atol mktemp gmtime localtime asctime ctime
#endif
#endif
