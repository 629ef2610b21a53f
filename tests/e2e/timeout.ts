// Ends a test that hangs. Far more than any test takes, so that no test depends on the speed of the machine.
jest.setTimeout(15 * 60_000);
