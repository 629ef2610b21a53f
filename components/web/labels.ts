/** Label with the number of a replica, on every container of a process but the first. Only on a Docker Engine. */
export const REPLICA_LABEL = "drydock.replica";
