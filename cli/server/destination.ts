import { UsageError } from "../exit-codes.ts";

/** A machine that ssh reaches. */
export interface Destination {
    /** As the user wrote it, without `ssh://`. */
    name: string;
    /** For `docker:host`: `ssh://deploy@shop.example.com:2222`. */
    address: string;
}

const PATTERN =
    /^(?:ssh:\/\/)?((?:([A-Za-z0-9_][\w.-]*)@)?([A-Za-z0-9][\w.-]*|\[[0-9a-fA-F:.]+\])(?::(\d+))?)$/;

/** @param text `user@host`, `user@host:port` or the same after `ssh://`. A host can be an alias of ~/.ssh/config. */
export function parseDestination(text: string): Destination {
    const [, name = "", , , port = "22"] = PATTERN.exec(text) ?? [];
    const address = `ssh://${name}`;
    if (name === "" || Number(port) < 1 || Number(port) > 65_535 || !URL.canParse(address))
        throw new UsageError(
            `${text} does not name a machine`,
            "Use user@host or user@host:port, such as deploy@shop.example.com.",
        );
    return { name, address };
}
