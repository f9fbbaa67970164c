/* A DLL that every Rust program for Windows imports, and that Wine 8 does not have. */
#include <windows.h>

/* RtlGenRandom, as advapi32.dll exports it. */
BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
