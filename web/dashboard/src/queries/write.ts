import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Person } from "idos-client";
import { usePerson } from "../session/session-context.tsx";
import { PERSON } from "./person-query.ts";
import { WRITE } from "./unseen-failures.ts";

/**
 * Something that changes what the network has. What is shown is asked again afterwards, also after a failure: a part of
 * it may have happened. `Person` sends one transaction after the other: a wallet is asked for one signature at a time.
 */
export function useWrite<Given = void, Made = unknown>(
  write: (person: Person, given: Given) => Promise<Made>,
): UseMutationResult<Made, Error, Given> {
  const person = usePerson();
  const queries = useQueryClient();
  return useMutation({
    meta: WRITE,
    mutationFn: (given: Given) => write(person, given),
    onSettled: (_, error) => {
      const isShown = queries.invalidateQueries({ queryKey: [PERSON] });
      // What is done is said once it is shown; why something failed waits for nothing.
      return error === null ? isShown : undefined;
    },
  });
}
