mod text_cells;
