import { serve } from "../../plugin/server.ts";
import { localCommand } from "./local-command.ts";

serve({ name: "command", version: "1.2.1", config: {}, resources: [localCommand], defaultsInState: true });
