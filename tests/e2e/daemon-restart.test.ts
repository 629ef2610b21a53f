import { describeRestarts } from "./daemon-restart.ts";

describeRestarts([["by a kill", "docker kill --signal KILL $machine >/dev/null && docker start"]]);
