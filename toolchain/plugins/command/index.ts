import { serve } from "../../plugin/server";
import { localCommand } from "./local-command";

serve({ name: "command", version: "1.2.1", config: {}, resources: [localCommand], defaultsInState: true });
