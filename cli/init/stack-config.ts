import { parseDocument } from "yaml";
import type { ProjectFiles } from "./project-files.ts";
import { PROJECT_DIRECTORY } from "./translate/container.ts";

/** Path of the file with the configuration of a stack. */
export function stackConfigFile(stack: string): string {
    return `${PROJECT_DIRECTORY}/Pulumi.${stack}.yaml`;
}

/** The configuration that a stack has already. Empty if its file is missing or cannot be read. */
export function readStackConfig(files: ProjectFiles, stack: string): Record<string, unknown> {
    const yaml = parseDocument(files.read(stackConfigFile(stack)) ?? "");
    const { config } = (yaml.errors.length > 0 ? {} : (yaml.toJS() ?? {})) as {
        config?: Record<string, unknown> | null;
    };
    return config ?? {};
}
