import { describeApplication } from "../e2e/from-init.ts";

describeApplication("sqlite");
