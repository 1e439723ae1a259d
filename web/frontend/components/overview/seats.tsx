/** The seats of a worker process: filled ones run a session each. */
export function Seats({ seats, busy }: { seats: number; busy: number }) {
  return (
    <span class="seats" role="img" aria-label={`${busy} of ${seats} seats in use`}>
      {Array.from({ length: seats }, (_, index) => (
        <span key={index} class={`seat ${index < busy ? "is-taken" : ""}`} />
      ))}
    </span>
  );
}
