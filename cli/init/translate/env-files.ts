import { EnvFileError, parseEnvFile } from "../../../components/container/env-file-parser.ts";
import type { DeclaredService } from "../declared.ts";
import type { Arguments } from "../model.ts";
import type { DataContext } from "./data-services.ts";
import { urlVariable, type Wirer } from "./wiring.ts";

/** Env files override links, and a component refuses a secret that one of its files has too. */
export function resolveEnvFileConflicts(
    declared: DeclaredService,
    args: Arguments,
    { wiring }: Wirer,
    { builder, files }: DataContext,
): void {
    const linked = new Set(
        [...wiring.links].flatMap(([alias, { variables }]) => {
            const { parameters: _, database: __, scheme: ___, ...names } = variables;
            const own = Object.values(names).filter((name) => typeof name === "string");
            return own.length > 0 ? own : [urlVariable(alias)];
        }),
    );
    const open = (name: string, file: string, what: string) => {
        builder.decide({
            id: `${name} of ${declared.name} in ${file}`,
            message: `${file} sets ${name} of ${declared.name}, ${what}. Is that intended?`,
            remedy: `remove ${name} from ${file}, or keep it there`,
        });
    };
    for (const { path } of declared.envFiles)
        for (const name of envFileNames(files.read(path) ?? "")) {
            if (linked.has(name)) open(name, path, "which overrides the link");
            const { secrets } = args;
            const isSecret = Array.isArray(secrets) && secrets.includes(name);
            const isMasterKey = name === "RAILS_MASTER_KEY" && args.masterKey !== undefined;
            if (!isSecret && !isMasterKey) continue;
            if (isMasterKey) args.masterKey = undefined;
            if (isSecret) {
                const others = secrets.filter((other) => other !== name);
                args.secrets = others.length > 0 ? others : undefined;
            }
            builder.removeSecret(isMasterKey ? "masterKey" : name);
            open(name, path, "so it is not a secret of the stack");
        }
}

/** Names of the variables of an env file. Empty if it cannot be read as one. */
function envFileNames(text: string): string[] {
    try {
        return Object.keys(parseEnvFile(text));
    } catch (error) {
        if (!(error instanceof EnvFileError)) throw error;
        return [];
    }
}
