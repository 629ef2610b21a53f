import { describeRestarts } from "../e2e/daemon-restart.ts";

describeRestarts([["by docker restart", "docker restart"]]);
