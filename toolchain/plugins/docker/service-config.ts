import type { Failure } from "../../plugin/check.ts";
import { resource } from "../../plugin/provider.ts";
import { autoname, set, string, type TypeOf } from "../../plugin/schema.ts";
import type { Values } from "../../plugin/values.ts";
import { attempt, type Daemon, undefinedIfNotFound, inBody } from "./daemon.ts";
import { fromRecord, label, toRecord } from "./labels.ts";
import { base64 } from "./secret.ts";
import type { FileSpec, Inspected } from "./swarm-api.ts";

const properties = {
    name: autoname,
    data: string(base64),
    dataRaw: string(),
    labels: set(label),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/serviceConfig:ServiceConfig`: a file that Swarm mounts into services. */
export const serviceConfig = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/serviceConfig:ServiceConfig",
        properties,
        outputs: [],

        check: (inputs) => checkData(inputs),

        async create({ name, data, dataRaw, labels }) {
            const spec: FileSpec = {
                Name: name,
                Data: dataRaw ? Buffer.from(dataRaw).toString("base64") : data,
                Labels: toRecord(labels),
            };
            const { id } = (await attempt(
                `creating config ${name}`,
                daemon.docker.createConfig(inBody(spec)),
            )) as {
                id: string;
            };
            return { id, state: { ...(await inspect(daemon, id, dataRaw))?.state } };
        },

        async read(id, state) {
            const inspected = await inspect(daemon, id, state.dataRaw as string | undefined);
            return inspected && { id: inspected.id, state: { ...state, ...inspected.state } };
        },

        async delete(id, state) {
            const { name = id }: Partial<Inputs> = state;
            await attempt(`deleting config ${name}`, daemon.docker.getConfig(id).remove());
        },
    });

/** Returns the data in the property in which it was declared. */
async function inspect({ docker }: Daemon, id: string, dataRaw: string | undefined) {
    const inspected = (await undefinedIfNotFound(docker.getConfig(id).inspect())) as unknown as
        | Inspected<FileSpec>
        | undefined;
    if (!inspected) return undefined;
    const { Name: name, Data: data = "", Labels } = inspected.Spec;
    const content = dataRaw ? { dataRaw: Buffer.from(data, "base64").toString() } : { data };
    return { id: inspected.ID, state: { name, ...content, labels: fromRecord(Labels) } };
}

function checkData({ data, dataRaw }: Values): Failure[] {
    if ((data === undefined) !== (dataRaw === undefined)) return [];
    return [{ property: "data", reason: "data: set exactly one of data and dataRaw" }];
}
