/* The calls for the Python package, as far as a program without Python sees them. */
#include "check.h"

/* What it points to is never called here. */
static int anything;

/* All that are needed, and the last one is what the test says. */
static tabi_python_function functions[] = {
    {"Py_DecRef", &anything},
    {"Py_IncRef", &anything},
    {"PyBuffer_Release", &anything},
    {"PyBytes_AsString", &anything},
    {"PyBytes_FromStringAndSize", &anything},
    {"PyCapsule_GetPointer", &anything},
    {"PyCapsule_New", &anything},
    {"PyDict_New", &anything},
    {"PyDict_SetItem", &anything},
    {"PyErr_BadArgument", &anything},
    {"PyErr_Clear", &anything},
    {"PyErr_Occurred", &anything},
    {"PyEval_RestoreThread", &anything},
    {"PyEval_SaveThread", &anything},
    {"PyLong_AsSsize_t", &anything},
    {"PyLong_AsVoidPtr", &anything},
    {"PyLong_FromLongLong", &anything},
    {"PyLong_FromSsize_t", &anything},
    {"PyLong_FromVoidPtr", &anything},
    {"PyObject_Call", &anything},
    {"PyObject_GetAttrString", &anything},
    {"PyObject_GetBuffer", &anything},
    {"PyObject_IsTrue", &anything},
    {"PyObject_Type", &anything},
    {"PyTuple_GetItem", &anything},
    {"PyTuple_New", &anything},
    {"PyTuple_SetItem", &anything},
    {"PyTuple_Size", &anything},
    {"_PyBytes_Resize", &anything},
    {"PyBytes_Size", NULL},
};
enum { COUNT = sizeof functions / sizeof functions[0] };

static void a_python_without_a_function_is_refused_by_its_name(void)
{
    const void *methods = NULL;
    CHECK_CODE(tabi_python_methods(functions, COUNT, &methods), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "Python has no PyBytes_Size");
    CHECK_CODE(tabi_python_methods(functions, COUNT - 1, &methods), TABI_ERR_VALUE);
    CHECK_CODE(tabi_python_methods(NULL, 0, &methods), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "Python has no Py_DecRef");
    CHECK(methods == NULL);
}

static void null_is_refused(void)
{
    const void *methods = NULL;
    CHECK_CODE(tabi_python_methods(NULL, 1, &methods), TABI_ERR_NULL);
    CHECK_CODE(tabi_python_methods(functions, COUNT, NULL), TABI_ERR_NULL);
    CHECK(methods == NULL);
}

/* The first member of a PyMethodDef is its name. */
static void the_methods_are_the_same_each_time(void)
{
    const void *methods = NULL, *again = NULL;
    functions[COUNT - 1].function = &anything;
    CHECK_OK(tabi_python_methods(functions, COUNT, &methods));
    CHECK_OK(tabi_python_methods(functions, COUNT, &again));
    CHECK(methods != NULL && methods == again);
    CHECK_STR(*(const char *const *)methods, "accept");
}

int main(void)
{
    RUN(a_python_without_a_function_is_refused_by_its_name);
    RUN(null_is_refused);
    RUN(the_methods_are_the_same_each_time);
    return 0;
}
