import { describeApplication } from "./from-init.ts";

// tests/soak/from-init.test.ts has one on SQLite.
describeApplication("postgres");
