import { WholesalerError } from '../errors.js'

/** The error of a writer whose job was taken over: its token is below the highest the store has seen. */
export function staleWriter(jobId: number, token: number, seen: number): WholesalerError {
  return new WholesalerError({
    kind: 'lease_lost',
    message: `job ${jobId} was taken over by another process (token ${seen}, this one has ${token}); nothing was written`,
  })
}
