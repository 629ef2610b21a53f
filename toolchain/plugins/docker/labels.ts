import { object, string, type TypeOf } from "../../plugin/schema.ts";

/** A label in the format of Pulumi's Docker package: `{label: "com.example.team", value: "web"}`. */
const fields = { label: string({ required: true }), value: string({ required: true }) };

export const label = object(fields);

export type Label = TypeOf<typeof fields>;

export function toRecord(labels: Label[] = []): Record<string, string> {
    return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

export function fromRecord(labels: Record<string, string> | null | undefined): Label[] {
    return Object.entries(labels ?? {}).map(([label, value]) => ({ label, value }));
}
