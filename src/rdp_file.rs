//! Connection files of mstsc (`.rdp`): lines of `name:type:value`, read with positions, judged, cleaned and made anew
//! (windows-facts 8.1). Pure: bytes in, text out.
