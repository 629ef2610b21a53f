import { resource } from "../../plugin/provider";
import { autoname, map, set, string, TypeOf } from "../../plugin/schema";
import { attempt, Daemon, found, inBody, isNotFound, reasonOf, retryWhile } from "./daemon";
import { fromRecord, label, toRecord } from "./labels";

/** How long to wait for containers to let go of a volume that is removed, in seconds (the official provider's). */
const REMOVAL_TIMEOUT = 30;

const properties = {
    name: autoname,
    labels: set(label),
    driver: string({ computed: true }),
    driverOpts: map(),
};

type Inputs = TypeOf<typeof properties>;

/** `docker:index/volume:Volume`: data that outlives its containers. Creating one that exists adopts it. */
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
            const now = await inspect(daemon, id);
            return now && { id, state: { ...state, ...now } };
        },

        async delete(id, _state, { signal }) {
            const inUse = (error: unknown) => reasonOf(error).includes("volume is in use");
            const remove = () => daemon.docker.getVolume(id).remove({ force: true });
            await attempt(
                `removing volume ${id}`,
                retryWhile(inUse, REMOVAL_TIMEOUT, signal, remove).catch((error: unknown) => {
                    if (!isNotFound(error)) throw error;
                }),
            );
        },
    });

async function inspect({ docker }: Daemon, name: string) {
    const seen = await found(docker.getVolume(name).inspect());
    return (
        seen && {
            name: seen.Name,
            labels: fromRecord(seen.Labels),
            driver: seen.Driver,
            driverOpts: seen.Options ?? {},
            mountpoint: seen.Mountpoint,
        }
    );
}
