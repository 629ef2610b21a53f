import { Command, Option } from "commander";
import { withJson, withStack } from "../options.ts";
import { type PreviewOptions, previewUpdate } from "../update/preview.ts";

export function previewCommand(): Command {
    const command = new Command("preview")
        .description("show what `up` would change, and what data is at risk")
        .addOption(
            new Option("--diff", "show Pulumi's own preview, with the properties that change").conflicts(
                "json",
            ),
        );
    return withJson(withStack(command)).action((options: PreviewOptions) => previewUpdate(options));
}
