import { Command } from "commander";
import { withStack, withUpdateOptions } from "../options.ts";
import { type DownOptions, takeDown } from "../update/down.ts";

export function downCommand(): Command {
    const command = new Command("down")
        .description("remove the stack and its data (or keep the data with --keep-data)")
        .option("--keep-data", "keep volumes and passwords: the next `up` brings the stack back with them")
        .option("--confirm <stack>", "name of the stack, for scripts: confirms that its data is deleted")
        .option("-y, --yes", "do not ask if no data is deleted");
    return withUpdateOptions(withStack(command)).action((options: DownOptions) => takeDown(options));
}
