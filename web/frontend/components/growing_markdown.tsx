import { useMemo } from "preact/hooks";
import { splitGrowing } from "../growing_text.ts";
import { memo } from "./memo.tsx";
import { renderPieces } from "./markdown.tsx";

/** A text of a model while it grows: each piece is read once it stands, only the last one each time. */
export function GrowingMarkdown({ text }: { text: string }) {
  return (
    <div class="prose">
      {splitGrowing(text).map((piece, at) => (
        <Piece key={at} text={piece} />
      ))}
    </div>
  );
}

const Piece = memo(function Piece({ text }: { text: string }) {
  return <>{useMemo(() => renderPieces(text), [text])}</>;
});
