import * as rpc from "@pulumi/pulumi/proto/provider_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { Failure, Naming } from "./check.ts";
import type { Change, Kind } from "./diff.ts";
import type { Properties } from "./schema.ts";
import {
    containsUnknown,
    isObject,
    isSecret,
    plain,
    secret,
    someValue,
    UNKNOWN,
    type Value,
    type Values,
} from "./values.ts";

/** Keys that the engine adds to a provider's configuration. */
const ENGINE_CONFIG = ["version", "pluginDownloadURL", "pluginChecksums", "__internal"];

export function decode(struct: Struct | undefined): Values {
    return struct?.toJavaScript() ?? {};
}

export function encode(values: Values): Struct {
    // A Struct cannot hold undefined.
    return Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Record<string, never>);
}

/** Decodes a provider's configuration, in which every value other than a string is encoded as JSON. */
export function decodeConfig(properties: Properties, struct: Struct | undefined): Values {
    const entries = Object.entries(decode(struct) as Record<string, Value>);
    return Object.fromEntries(
        entries
            .filter(([key]) => !ENGINE_CONFIG.includes(key))
            .map(([key, value]) => {
                if (properties[key]?.kind === "string") return [key, value];
                return [key, isSecret(value) ? secret(parseJson(value.value)) : parseJson(value)];
            }),
    );
}

/**
 * Encodes a provider's configuration exactly as Pulumi's Terraform bridge does, which compares the JSON text. A value that
 * contains a secret becomes a secret as a whole.
 */
export function encodeConfig(properties: Properties, config: Values): Struct {
    const entries = Object.entries(config as Record<string, Value>).map(([key, value]) => {
        if (properties[key]?.kind === "string") return [key, value];
        if (containsUnknown(value)) return [key, UNKNOWN];
        const text = goJson(plain(value));
        return [key, someValue(value, isSecret) ? secret(text) : text];
    });
    return encode(Object.fromEntries(entries) as Values);
}

/** JSON as Go's encoder writes it: sorted keys, and `<`, `>` and `&` escaped. */
function goJson(value: Value): string {
    const sorted = (_: string, part: Value) =>
        isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
    const escaped = (character: string) => `\\u00${character.charCodeAt(0).toString(16)}`;
    return JSON.stringify(value, sorted).replace(/[<>&]/g, escaped);
}

function parseJson(text: Value): Value {
    if (typeof text !== "string") return text;
    try {
        return JSON.parse(text) as Value;
    } catch {
        return text;
    }
}

export function encodeCheckResponse(inputs: Struct, failures: Failure[]): rpc.CheckResponse {
    const response = new rpc.CheckResponse();
    response.setInputs(inputs);
    response.setFailuresList(encodeCheckFailures(failures));
    return response;
}

export function encodeCheckFailures(failures: Failure[]): rpc.CheckFailure[] {
    return failures.map(({ property, reason }) => {
        const failure = new rpc.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        return failure;
    });
}

const { Kind: KIND } = rpc.PropertyDiff;
const KINDS: Record<Kind, [update: rpc.PropertyDiff.Kind, replace: rpc.PropertyDiff.Kind]> = {
    add: [KIND.ADD, KIND.ADD_REPLACE],
    delete: [KIND.DELETE, KIND.DELETE_REPLACE],
    update: [KIND.UPDATE, KIND.UPDATE_REPLACE],
};

export function encodeDiffResponse(changes: Change[]): rpc.DiffResponse {
    const response = new rpc.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
    response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
    response.setHasdetaileddiff(true);
    for (const { path, kind, replace } of changes) {
        const difference = new rpc.PropertyDiff();
        difference.setKind(KINDS[kind][replace ? 1 : 0]);
        response.getDetaileddiffMap().set(path, difference);
        if (replace) response.addReplaces(path);
    }
    response.setDiffsList([...new Set(changes.map(({ path }) => path.split(/[.[]/)[0] ?? path))]);
    return response;
}

/** The engine's settings for generated names. */
export function namingOf(request: rpc.CheckRequest): Naming {
    const autonaming = request.getAutonaming();
    const { DISABLE } = rpc.CheckRequest.AutonamingOptions.Mode;
    return {
        name: request.getName(),
        randomSeed: request.getRandomseed_asU8(),
        proposed: autonaming?.getProposedName() ?? undefined,
        disabled: autonaming?.getMode() === DISABLE,
    };
}
