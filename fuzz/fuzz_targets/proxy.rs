#![cfg_attr(fuzzing, no_main)]

tabi_fuzz::target!(tabi_fuzz::proxy::check);
