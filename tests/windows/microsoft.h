/* For clang with the target of Microsoft's compiler, before each file: mingw's headers stand for Microsoft's, which have no
 * ssize_t. So tabi.h must define it, as it does for Microsoft's compiler. */
#define _SSIZE_T_DEFINED
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#undef _SSIZE_T_DEFINED
