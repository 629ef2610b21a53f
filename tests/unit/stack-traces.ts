/**
 * Pulumi formats a stack trace for each promise that it creates, and jest maps each frame to its source. With jest's
 * limit of 100 frames, that takes more than half of the time of the unit tests; with 2, a quarter. `make check` sets 0: it
 * names a test that fails, and `jest` shows the line.
 */
Error.stackTraceLimit = Number(process.env.STACK_TRACE_LIMIT ?? 2);
