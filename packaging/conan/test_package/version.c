#include <stdio.h>
#include <tabi.h>

int main(void)
{
    printf("tabi %s\n", tabi_version());
    return 0;
}
