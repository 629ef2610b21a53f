import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A type of provider/schema.json. */
export interface Type {
    type?: string;
    $ref?: string;
    items?: Type;
    additionalProperties?: Type;
    properties?: Record<string, Type>;
}

interface Schema {
    resources: Record<string, { inputProperties: Record<string, Type> }>;
    types: Record<string, Type>;
}

/** Value types of maps that the schema declares as maps of `Any` for the sake of YAML (provider/generate.ts). */
const MAPS_OF_ANY: Record<string, string> = {
    databases: "Connection",
    links: "Connection",
    variables: "LinkVariables",
};

let schema: Schema | undefined;

/** The declarations of the arguments, which `make schema` generates from the components. */
function readSchema(): Schema {
    return (schema ??= JSON.parse(
        readFileSync(join(import.meta.dirname, "../../provider/schema.json"), "utf8"),
    ) as Schema);
}

/** The type of the arguments of a component. */
export function argumentsType(component: string): Type {
    return { properties: readSchema().resources[`drydock:index:${component}`]?.inputProperties };
}

/** @param name of a type without `Args`, as in the schema */
export function reference(name: string): Type {
    return { $ref: `#/types/drydock:index:${name}` };
}

/** Follows a reference to another type. */
export function resolveType(type: Type): Type {
    return readSchema().types[type.$ref?.replace("#/types/", "") ?? ""] ?? type;
}

/** The type of the values of a map. @param name of the argument that has the map */
export function valueType(type: Type, name: string): Type | undefined {
    const { additionalProperties } = type;
    if (additionalProperties?.$ref !== "pulumi.json#/Any") return additionalProperties;
    return reference(MAPS_OF_ANY[name] ?? "");
}
