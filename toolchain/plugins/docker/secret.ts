import { resource } from "../../plugin/provider.ts";
import { autoname, set, string, type TypeOf } from "../../plugin/schema.ts";
import { attempt, type Daemon, undefinedIfNotFound, inBody } from "./daemon.ts";
import { label, toRecord } from "./labels.ts";
import type { FileSpec, Inspected } from "./swarm-api.ts";

/** Validates base64 as Go decodes it: padded, with the standard alphabet. */
export const base64 = {
    validate: (text: string) =>
        /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, ""))
            ? undefined
            : "is not base64; encode it, as in Buffer.from(text).toString('base64')",
};

const properties = {
    name: autoname,
    data: string({ required: true, ...base64 }),
    labels: set(label),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/secret:Secret`: an encrypted file that Swarm mounts into services. */
export const secret = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/secret:Secret",
        properties,
        outputs: [],
        secretOutputs: ["data"],
        schemaVersion: 1,

        async create(inputs) {
            const spec: FileSpec = { Name: inputs.name, Data: inputs.data, Labels: toRecord(inputs.labels) };
            const { id } = (await attempt(
                `creating secret ${inputs.name}`,
                daemon.docker.createSecret(inBody(spec)),
            )) as { id: string };
            return { id, state: { ...inputs } };
        },

        // Docker never returns the data. Like the official provider, ignore the labels.
        async read(id, state) {
            const inspected = (await undefinedIfNotFound(
                daemon.docker.getSecret(id).inspect(),
            )) as unknown as Inspected<FileSpec> | undefined;
            return inspected && { id: inspected.ID, state: { ...state, name: inspected.Spec.Name } };
        },

        async delete(id, state) {
            const { name = id }: Partial<Inputs> = state;
            await attempt(`deleting secret ${name}`, daemon.docker.getSecret(id).remove());
        },
    });
