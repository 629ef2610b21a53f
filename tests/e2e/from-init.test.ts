import { describeApplication } from "./from-init.ts";

describeApplication("sqlite", { branch: true });
describeApplication("postgres", { branch: false });
