import { resource } from "../../plugin/provider.ts";
import { autoname, map, set, string, type TypeOf } from "../../plugin/schema.ts";
import {
    attempt,
    type Daemon,
    undefinedIfNotFound,
    inBody,
    isNotFound,
    errorReason,
    retryWhile,
} from "./daemon.ts";
import { fromRecord, label, toRecord } from "./labels.ts";

/** How long to wait until no container uses a deleted volume. The same as in the official provider. */
const REMOVAL_TIMEOUT_SECONDS = 30;

const properties = {
    name: autoname,
    labels: set(label),
    driver: string({ computed: true }),
    driverOpts: map(),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/volume:Volume`: a volume. If a volume with this name exists, it is adopted. */
export const volume = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/volume:Volume",
        properties,
        outputs: ["mountpoint"],
        schemaVersion: 1,

        async create(inputs) {
            await attempt(
                `creating volume ${inputs.name}`,
                daemon.docker.createVolume(
                    inBody({
                        Name: inputs.name,
                        Labels: toRecord(inputs.labels),
                        Driver: inputs.driver,
                        DriverOpts: inputs.driverOpts,
                    }),
                ),
            );
            return { id: inputs.name, state: { ...inputs, ...(await inspect(daemon, inputs.name)) } };
        },

        async read(id, state) {
            const inspected = await inspect(daemon, id);
            return inspected && { id, state: { ...state, ...inspected } };
        },

        async delete(id, _state, { signal }) {
            const inUse = (error: unknown) => errorReason(error).includes("volume is in use");
            const remove = () => daemon.docker.getVolume(id).remove({ force: true });
            await attempt(
                `removing volume ${id}`,
                retryWhile(inUse, REMOVAL_TIMEOUT_SECONDS, signal, remove).catch((error: unknown) => {
                    if (!isNotFound(error)) throw error;
                }),
            );
        },
    });

async function inspect({ docker }: Daemon, name: string) {
    const inspected = await undefinedIfNotFound(docker.getVolume(name).inspect());
    return (
        inspected && {
            name: inspected.Name,
            labels: fromRecord(inspected.Labels),
            driver: inspected.Driver,
            driverOpts: inspected.Options ?? {},
            mountpoint: inspected.Mountpoint,
        }
    );
}
