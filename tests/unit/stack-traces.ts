/**
 * Pulumi formats a stack trace for each promise that it creates, and jest maps each frame to its source. With jest's
 * limit of 100 frames, that takes more than half of the time of the unit tests. Raise the limit to debug one.
 */
Error.stackTraceLimit = 2;
