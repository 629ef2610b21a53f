/** Label of the containers of a process after the first one, on a Docker Engine: the number of the replica. */
export const REPLICA_LABEL = "drydock.replica";
